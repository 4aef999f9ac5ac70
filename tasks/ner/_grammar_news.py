"""Grammars of the samples in the manner of Chinese news: CLUENER, MSRA and People's Daily.

What only the sentence can tell: a title is a book where it is read, a film where it is shown, a game where it is
played; a city is a place, or a team that wins; a country is a place, or part of an organisation's name.
"""

from tasks.ner._sample import Grammar
from tasks.ner._words_zh import WORDS

_CLUENER = """
sentence: 3* {part}。 | 5* {part}，{part}。 | 1* {part}，{idle}。 | 0.4* {idle}。
part: 3* {of_name} | 2.5* {of_organization} | 2* {of_company} | 2* {of_address} | 1.6* {of_game} | 1.3* {of_government}
    | 1.2* {of_scene} | 1* {of_book} | 1* {of_movie}
person: 3* [name {name}] | 1* [name {abroad}]
post: {rank} | {area}{rank} | {rank}助理
rank = 总经理 主任 教授 记者 导演 主教练 队长 局长 分析师 设计师 秘书长 校长
area = 副 首席 前 市场部 技术部 财务
of_name: [position {post}]{person}表示{thing}不会推迟 | {moment}{person}当选[position {post}]
    | {person}告诉[position {post}] | {person}和{person}出席了{thing} | 据{person}介绍
of_organization: [organization {club}]以{digit}比{digit}取胜 | [organization {city}]客场战胜[organization {club}]
    | [organization {school}]举办{thing} | [organization {union}]发布报告 | 效力于[organization {club}]
of_company: [company {firm}]推出新产品 | [company {firm}]的股价上涨{number}% | 收购[company {firm}]
    | 任[company {firm}][position {post}]
of_address: 家住[address {place}] | 在[address {place}]发生地震 | 抵达[address {place}]
    | 位于[address {place}]{stem}{given}路口附近 | [address {city}]今日晴
known_work = 红少年 长夜森林 无名剑客 黎明之海岸 黑色公主
title: {work} | {known_work}
of_game: 玩家在{quoted_game}里升级 | {quoted_game}公测开服 | 最新资料片{quoted_game}上线
quoted_game: 2* 《[game {title}]》 | 1* [game {title}]
of_book: 读者购买了[book 《{title}》] | 由出版社推出的[book 《{title}》]再版 | 作家写完了[book 《{title}》]
of_movie: 影院上映[movie 《{title}》] | [movie 《{title}》]票房过亿 | 主演了[movie 《{title}》]
of_government: [government {bureau}]通报了情况 | 由[government {bureau}]批准 | [government {nation}政府]宣布{thing}
of_scene: 游览[scene {river}] | [scene {river}]景区门票降价 | 登上[scene {stem}{stem}塔]
    | 参观[scene {city}{being}博物馆]
"""

_NEWSWIRE = """
sentence: 2* {part}。 | 4* {part}，{part}。 | 3* {dateline}{part}，{part}，{part}。 | 1* {part}，{idle}。
    | 1.5* {idle}。
dateline: 1* - | 2* {moment}， | 1* 本报[LOC {city}]{digit}月{day}日电 记者[PER {name}]报道：
person: 3* [PER {name}] | 1* [PER {abroad}]
team: 2* [ORG {club}] | 1* [ORG {city}] | 1* [ORG {province}]
body: 2* [ORG {school}] | 2* [ORG {bureau}] | 1* [ORG {union}] | 1.5* [ORG {firm}]
part: 3* {of_place} | 2* {of_person} | 2* {of_body} | 1* {of_team} | 0.7* {idle}
of_place: 3* 代表团抵达[LOC {place}] | 2* 在[LOC {place}]举行{thing} | 1* [LOC {nation}]与[LOC {nation}]签署协议
    | 1* [LOC {place}]的农民增收{number}% | 1* 来自[LOC {place}]、[LOC {place}]的客商 | 1* 途经[LOC {place}]
of_person: 2* {person}会见了{person} | 1* {person}主持{thing} | 1* {person}说，{thing}意义重大
    | 1* 主席{person}在[LOC {nation}]访问 | 1* 劳动模范{person}
of_body: 2* {body}发出通知 | 1* {body}与{body}联合主办{thing} | 1* 据{body}统计 | 1* 由{body}承担{thing}
    | 1* {body}负责人{person}
of_team: {team}队员入场 | {team}以{digit}比{digit}战胜{team} | {team}获得冠军
"""

CLUENER = Grammar(WORDS + _CLUENER, seed=2020)
MSRA = Grammar(WORDS + _NEWSWIRE, seed=2006)
PEOPLES_DAILY = Grammar(WORDS + _NEWSWIRE, seed=1998)

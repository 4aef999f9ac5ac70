"""Grammar of the sample for Resume: who was what, where, and with which degree."""

from tasks.ner._sample import Grammar
from tasks.ner._words_zh import WORDS

_RESUME = """
sentence: 2* {head}，{degree}。 | 2* {head}，{degree}，{title}。 | 3* {career}。 | 3* {career}，{career}。
    | 3* {career}；{career}；{career}。 | 3* {career}，{aside}。 | 1* {aside}。
head: [NAME {name}]，{sex}，[CONT {nation0}国籍]{extra}，{year}出生
    | [NAME {name}]先生，[CONT {nation0}国籍]，无境外居留权 | [NAME {name}]
nation0 = 中国 中国 中国 美国 加拿大 日本 英国
extra: 2* - | 1* ，[RACE {race}] | 0.5* ，籍贯[LOC {place0}]
place0: {province}{stem}{stem} | {stem}{stem}县 | {city}
race = 汉族 汉族 回族 满族 壮族 土家族
sex = 男 女
degree: 3* [EDU {level}]学历 | 1* [EDU {level}] | 2* 毕业于[ORG {school}][PRO {subject}]专业，[EDU {level}]学历
    | 1* 获[ORG {school}][PRO {subject}][EDU {level}]学位 | 1* [PRO {subject}][EDU {level}]
level = 本科 大专 硕士 博士 研究生 高中 中专 博士研究生 硕士研究生
subject: 会计 | 审计 | {matter}学 | {trade}工程 | {trade}与{matter}管理 | 会计学 | 法学
rank = 会计 审计 书记 教师 律师 科长 处长 院长 研究员 讲师 编辑 董事长 总经理 监事 经理 工程师 会计师 主任 厂长 教授
    董事会秘书 财务总监
grade = 副 高级 独立 常务副 总 首席 执行
unit0 = 生产部 投资部 市场部 工会 党委 华东区 质检科 总师办 信息中心 电池车间 医药部 财务科 车间 销售部 技术部 审计部
    研究所 办公室 人事处
title: 1.7* [TITLE {rank}] | 1.7* [TITLE {grade}{rank}] | 3* [TITLE {unit0}{rank}] | 4* [TITLE {unit0}{grade}{rank}]
employer: 3* [ORG {firm}] | 1* [ORG {school}] | 1* [ORG {bureau}] | 0.6* [ORG {union}]
when0: {year}至{year} | {year}{digit}月起 | 曾 | 现 | {year}后 | 先后
career: 3* {when0}任{employer}{title} | 2* {when0}{employer}{title}、{title} | 1* {when0}在{employer}工作，任{title}
    | 1* {when0}兼任{employer}{title} | 1* 现任公司{title}
aside: 讲授会计原理等课程 | 总经理办公会每月{number}次 | 监事候选人由职工选出 | 董事长与总经理不得由一人兼任
    | 硕士研究生招生{number}人 | 本科教学评估于{year}完成 | 编辑出版教材{number}部 | 教授学生{number}名
    | 未持有本公司股份 | 任期三年，自{year}起 | 与控股股东没有关联关系 | 董事会的人选由股东提名 | 未受过有关部门的处罚
    | 聘任经理须经董事会同意 | 本科以上学历人员共{number}人 | 工程师队伍有{number}人
"""

RESUME = Grammar(WORDS + _RESUME, seed=2018)

"""Grammar of the sample for Weibo: short loose posts with names and with common nouns that stand for somebody.

妈妈 is a nominal person where somebody is meant, and nothing in 妈妈级别; 北京 is a state (``GPE``) where it acts, a
building or park is a place (``LOC``).
"""

from tasks.ner._sample import Grammar
from tasks.ner._words_zh import WORDS

_WEIBO = """
sentence: 3* {open}{part}{shut} | 4* {open}{part}，{part}{shut} | 2* {part}，{part}，{part}{shut}
    | 1.5* {open}{chat}{shut} | 1.5* {chat}，{part}{shut}
open: 3* - | 1* 哈哈 | 1* 唉， | 1* 回复@{nick}： | 1* 今天 | 1* #{hue}{scene}#
nick: {given}{digit}{digit} | 小{given}{stem} | {hue}{being}
shut = 。 ！ ！！ …… ～ ？ 【哈哈】 【泪】
kin = 师傅 阿姨 舅舅 表妹 大叔 学长 学妹 女神 医生 护士 保安 邻居 妈妈 爸爸 老公 老婆 姐姐 哥哥 老师 同学 朋友 闺蜜 老板
    同事 小朋友 粉丝 帅哥 司机
whose = 我 你 咱 隔壁 那个 大 亲爱的
someone: 2* [PER.NOM {kin}] | 1* [PER.NOM {kin}们] | 1.5* [PER.NOM {sort}{kin}] | 2* {whose}[PER.NOM {kin}]
sort = 女 男 老 小 美女 前 新
star: 1* [PER.NAM {surname}{kin}] | 3* [PER.NAM {name}] | 1* [PER.NAM {abroad}] | 1* [PER.NAM 小{given}]
    | 1* [PER.NAM {given}{given}姐]
spot: 2* [LOC.NAM {river}] | 1.5* [LOC.NAM {stem}{given}路] | 1* [LOC.NAM {city}{being}公园] | 1* [LOC.NOM {yard}]
yard = 公园 机场 火车站 电影院 商场 酒店 海边 医院
state: 3* [GPE.NAM {city}] | 2* [GPE.NAM {nation}] | 2* [GPE.NAM {stem}{stem}{unit}] | 1* [GPE.NOM {land}]
land = 国家 祖国 县城 家乡 小镇
group: 1.2* [ORG.NAM {city}] | 2* [ORG.NAM {firm}] | 2* [ORG.NAM {school}] | 1* [ORG.NAM {club}] | 1* [ORG.NOM {house}]
house = 公司 学校 球队 剧组 银行
part: 3* {of_someone} | 3* {of_star} | 1.5* {of_spot} | 2* {of_state} | 1.5* {of_group}
of_someone: {someone}说晚上加班 | 想念{someone}了 | 和{someone}一起看{thing} | 祝{someone}生日快乐 | {someone}又发脾气
of_star: {star}唱得真好 | 支持{star} | {star}和{star}同台 | 偶遇{star} | {star}的新歌上线
of_spot: 在{spot}发呆 | {spot}人山人海 | 路过{spot} | 约在{spot}见面
of_state: {state}加油 | 从{state}飞回{state} | {state}下雪了 | {state}队员好帅 | 爱{state}
of_group: {group}{digit}比{digit}赢了{group} | 去{group}面试 | {group}的{someone}很专业 | {group}放假啦 | 转自{group}
chat: {idle} | {kin}级别的待遇 | 请叫我{kin}二号 | 吃了{kin}牌酱油 | {kin}这个词怎么写 | {yard}两个字真难写
    | {house}两个字念快了 | {city}时间{digit}点 | 买了{city}牌手表 | {city}菜真辣 | 求转发 | 早睡早起身体好
    | 这是{kin}级别的待遇 | 北京时间{digit}点半集合 | 公司法真难背 | 老师傅牌酱油好吃 | 一家人整整齐齐
    | 《海边》这首歌循环了一天 | 朋友圈又刷屏了 | 学校风波终于过去 | 笑死我了
"""

WEIBO = Grammar(WORDS + _WEIBO, seed=2015)

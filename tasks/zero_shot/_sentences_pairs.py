"""Own sentences for the tasks that hold two texts against each other, and for the gap that an idiom fills."""

from __future__ import annotations

from harness.spec import BLANK, Question
from tasks._dice import Dice

PEOPLE = "小王 老李 张老师 刘医生 陈师傅 王阿姨 小周 赵经理 孙大爷 林姐 何叔 吴同学"
PLACES = "图书馆 菜市场 体育场 电影院 火车站 公园 食堂 书店 医院 湖边 超市 校门口"
TIMES = "昨天上午 前天晚上 上周六 今天早上 星期三下午 去年夏天"
DEEDS = "看书 买菜 跑步 等人 散步 拍照 吃面 聊天 下棋 打电话"
SURE = ("{time}{who}在{place}", "{who}{time}在{place}{deed}", "{who}去过{place}")
UNSURE = ("{who}打算下周再去{place}", "{who}和两个朋友约好了见面", "{who}觉得那里的人太多", "{who}的家离{place}很近")
FALSE = (
    "{place}里当时空无一人",
    "从没有谁见到过{who}出门",
    "那一整天大家全待在家里没动",
    "{who}至今不知道那地方怎么走",
)


def inference(dice: Dice, answer: int) -> Question:
    """Premise and hypothesis: 0 cannot be, 1 may be, 2 must be."""
    slots = {
        "who": dice.one(PEOPLE),
        "time": dice.one(TIMES),
        "place": dice.one(PLACES),
        "deed": dice.one(DEEDS),
    }
    premise = "{time}{who}在{place}{deed}".format(**slots)
    return Question(premise, pair=dice.one((FALSE, UNSURE, SURE)[answer]).format(**slots))


ACTS = "打开:启动 关掉:停用 查一下:看看 调高:加大 调低:减小 换掉:更改 保存:存好 删除:去除"
OBJECTS = "闹钟 手电筒 音乐 导航 天气 蓝牙 屏幕亮度 壁纸 录音 日历 铃声 备忘录"
ASKED = (
    "帮我{act}{thing}",
    "请{act}{thing}",
    "我想{act}{thing}",
    "能不能{act}{thing}",
    "{act}{thing}吧",
    "现在{act}{thing}",
)
AGAIN = ("可以{act}{thing}吗", "把{thing}{act}", "麻烦你{act}{thing}", "{thing}给我{act}")


def request(dice: Dice, answer: int) -> Question:
    """Two requests to a phone: 1 for the same thing, in other words half of the time, 0 for another act or object."""
    (act, synonym), other = (acts.split(":") for acts in dice.some(ACTS, 2))
    thing, unlike = dice.some(OBJECTS, 2)
    first = dice.one(ASKED).format(act=act, thing=thing)
    if answer:
        act = synonym if dice.odds(0.5) else act
    elif dice.odds(0.3):
        act = other[0]
    else:
        thing = unlike
    return Question(first, pair=dice.one(AGAIN).format(act=act, thing=thing))


KEYWORDS = (
    "图像分割 神经网络 稀疏编码 水稻产量 土壤水分 遥感影像 城市交通 排队模型 复合材料 疲劳寿命 古代书院 家族制度 "
    "临床路径 护理质量 企业创新 税收政策 网络安全 密钥管理 风力发电 电网调度 课堂教学 学习动机"
)
SUMMARIES = (
    "为解决{0}中的不足,提出一种结合{1}与{2}的方法.对比实验说明该方法有效.",
    "以{0}为例,分析了{1}与{2}之间的关系,并给出政策建议.",
    "本文讨论{0}的发展过程,认为{1}起主要作用,而{2}的影响常被高估.",
    "利用三年的观测资料,建立了{0}的预测模型,其输入为{1}和{2}.",
)


def keywords(dice: Dice, answer: int) -> Question:
    """An abstract and keywords: 1 all belong to it, 0 one or two do not."""
    words = dice.some(KEYWORDS, 5)
    text = dice.one(SUMMARIES).format(*words[:3])
    shown = words[:3] if answer else [words[3], *words[1:3]] if dice.odds(0.5) else [*words[3:5], words[0]]
    return Question(text, pair=",".join(dice.some(shown, 3)))


TRADES = (
    "画家:画了一整天的画 歌手:连唱了三首歌 木匠:锯了一堆木头 书商:把旧书都卖掉了 花农:种的花全开了 茶商:泡了一壶新茶 "
    "琴师:刚修好了琴 厨师:在厨房里忙着 鞋匠:补好了六双鞋 药师:把药分成了小包 船夫:把船停在岸边 猎人:带着猎枪回来"
)
MEETINGS = (
    "{first}在{place}遇见{second}，他{deed}，脸上全是汗。",
    "{first}写信给{second}，信里说到他{deed}，日子过得不错。",
    "听说{first}要和{second}合伙，邻居们记得他{deed}。",
    "{first}请{second}吃饭，因为他{deed}，心里高兴。",
)


def pronoun(dice: Dice, answer: int) -> Question:
    """Two people and a 他 that one of them is, as his trade tells: 1 where ``pair`` is the one, 0 where not."""
    first, second = (trade.split(":") for trade in dice.some(TRADES, 2))
    actor, bystander = (first, second) if dice.odds(0.5) else (second, first)
    text = dice.one(MEETINGS).format(first=first[0], second=second[0], place=dice.one(PLACES), deed=actor[1])
    return Question(text, pair=(actor if answer else bystander)[0], focus="他")


IDIOMS = (
    "画蛇添足:蛇已经画完还要添上几笔 守株待兔:不去干活只守着等兔子 亡羊补牢:丢了羊才想起修补 雪中送炭:下雪的日子送来一车炭 "
    "对牛弹琴:琴弹得再好牛也不懂 井底之蛙:从井底往上看天 水落石出:水退了石头都看得见 火上浇油:火烧得正旺又添一把油 "
    "一箭双雕:一次就得了两样东西 马到成功:刚到不久便成了 百发百中:投了十次中了十次 风雨同舟:风大雨急也在同一条船上 "
    "狐假虎威:借老虎的名头吓人 杯水车薪:一杯水救不了一车柴火 刻舟求剑:在船上刻记号找剑 掩耳盗铃:捂住耳朵就以为别人听不见"
)
REMARKS = (
    "{who}说这件事就像{scene}，真是{blank}。",
    "{scene}，{who}看了直摇头，说这叫{blank}。",
    "{time}，{who}用{blank}来形容：{scene}。",
    "用{blank}这个词来说{who}{time}的做法最合适，{scene}嘛。",
)
CANDIDATES = 7


def idiom(dice: Dice, answer: int) -> Question:
    """A gap and seven idioms, of which the scene in the text fits number ``answer``."""
    drawn = [entry.split(":") for entry in dice.some(IDIOMS, CANDIDATES)]
    text = dice.one(REMARKS).format(who=dice.one(PEOPLE), time=dice.one(TIMES), scene=drawn[answer][1], blank=BLANK)
    return Question(text, options=tuple(name for name, _ in drawn))

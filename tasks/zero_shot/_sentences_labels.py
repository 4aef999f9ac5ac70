"""Own sentences for the tasks that choose a label for one text: what is said hints at the label, not always alone."""

from __future__ import annotations

from collections.abc import Sequence

from harness.spec import Question
from tasks._dice import Dice
from tasks.zero_shot._sample import Make

THINGS = "台灯 水壶 书包 雨伞 耳机 键盘 毛毯 拖鞋 背包 风扇 闹钟 饭盒 手套 枕头 围巾 茶杯 椅子 鼠标"
SOURCES = "朋友推荐的 网上买的 商场里挑的 昨天刚到的 给妈妈买的 打折时下单的 同事送的 搬家时换的"
PRAISE = "用着很好 做工很好 手感好极了 样子很好看 真好用 好得没话说 比想象的还好 全家都说好 值得再买一个 物超所值"
BLAME = (
    "质量很差 做工太差 用两天就坏了 差劲得很 手感差极了 比图片差太远 味道很难闻 客服态度差 没有一处好 好端端的就断了"
)
FLAWS = "就是颜色深了点 快递慢了一天 包装有些皱 价格不算便宜"
MERITS = "就剩颜色还行 快递倒是快 包装还算完整 价格是便宜些"


def review(dice: Dice, answer: int) -> Question:
    """A buyer's words, 0 negative and 1 positive; a third of them admit a little of the opposite."""
    verdict, aside = (PRAISE, FLAWS) if answer else (BLAME, MERITS)
    said = f"{dice.one(SOURCES)}{dice.one(THINGS)}，{dice.one(verdict)}"
    return Question(f"{said}，{dice.one(aside)}。" if dice.odds(0.33) else f"{said}。")


def about(words: Sequence[str], frames: Sequence[str], slots: str) -> Make:
    """Sentences about a label, which they name, long ones in part.

    A frame has ``{about}`` for it, ``{other}`` for a label drawn at random that is mentioned in passing, and ``{slot}``.
    """

    def make(dice: Dice, answer: int) -> Question:
        other = dice.number(len(words))
        return Question(
            dice.one(frames).format(
                about=_part(dice, words[answer]), other=_part(dice, words[other]), slot=dice.one(slots)
            )
        )

    return make


def _part(dice: Dice, word: str) -> str:
    """A word of up to three characters as it is; of a longer one its first two or its last two, often 工程 or 社交."""
    letters = "".join(sign for sign in word if sign.isalnum())
    if len(letters) < 4:
        return letters
    return letters[:2] if dice.odds(0.7) else letters[-2:]


HEADLINES = (
    "{slot}{about}圈传来新消息，网友：没想到",
    "关于{about}，{slot}人最关心的三件事",
    "{slot}今年的{about}有什么变化？一篇文章说清楚",
    "为什么{slot}的{about}比{other}更受关注？",
    "看完{slot}的{about}，再说{other}也不迟",
    "别只盯着{other}，{slot}的{about}才是大事",
    "{slot}：{about}的这些细节你注意到了吗",
)
CITIES = "北京 上海 成都 杭州 西安 武汉 南京 长沙 青岛 昆明 大连 厦门 苏州 兰州"

ABSTRACTS = (
    "针对{about}中{slot}的问题,本文提出一种新的方法.结果表明,该方法在{about}研究中具有较高的精度.",
    "本文综述了近十年{about}领域{slot}的进展,并指出今后的研究方向.",
    "以{slot}为对象,从{about}的角度分析了影响因素,并与{other}的已有结论作了比较.",
    "为了解{about}发展中{slot}的现状,对三个地区进行了调查,并提出相应建议.",
    "通过对比试验研究了{slot}对{about}的影响,讨论了其机理与应用前景.",
)
TOPICS = "模型误差 参数选取 样本不足 评价指标 成本控制 数据缺失 结构优化 人才培养 质量检测 长期效应 区域差异 安全风险"

DESCRIPTIONS = (
    "一款专门做{about}的应用，{slot}，打开就能用。",
    "想找{about}？{slot}，几百万用户都在这里。更新内容：修复已知问题。",
    "{about}从此更简单：{slot}，还有好友分享和消息提醒。",
    "为喜欢{about}的人设计，{slot}，不必再到{other}软件里翻找。",
    "主要功能：{about}。特点：{slot}，界面清爽，没有广告。",
)
FEATURES = (
    "支持离线查看 一键登录 数据云端同步 夜间模式护眼 每天定时更新 界面简洁 全程免费 客服随时在线 "
    "操作只要三步 内容丰富 推荐准确 省电省流量"
)

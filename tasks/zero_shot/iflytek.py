"""IFLYTEK of FewCLUE: what is an app for, out of 119 kinds?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics.choice import score_choice
from harness.readers.submissions import Submission
from harness.spec import DataFile, Example, Question, Reference, Score, Task, Template
from tasks.zero_shot._read import Row, fewclue_submission, read
from tasks.zero_shot._sample import Recipe, generate
from tasks.zero_shot._sentences_labels import DESCRIPTIONS, FEATURES, about

TASK = Task(
    kind="choice",
    title="IFLYTEK: kinds of apps by their descriptions",
    source=(
        "Xu et al. 2021, FewCLUE: A Chinese Few-shot Learning Evaluation Benchmark, https://arxiv.org/abs/2107.07498; "
        "https://github.com/CLUEbenchmark/FewCLUE"
    ),
    licence="none stated",
    language="zh",
    suite="fewclue",
    labels=(
        "打车", "地图导航", "免费WIFI", "租车", "同城服务", "快递物流", "婚庆", "家政", "公共交通", "政务",
        "社区服务", "薅羊毛", "魔幻", "仙侠", "卡牌", "飞行空战", "射击游戏", "休闲益智", "动作类", "体育竞技",
        "棋牌中心", "经营养成", "策略", "MOBA", "辅助工具", "约会社交", "即时通讯", "工作社交", "论坛圈子",
        "婚恋社交", "情侣社交", "社交工具", "生活社交", "微博博客", "新闻", "漫画", "小说", "技术", "教辅",
        "问答交流", "搞笑", "杂志", "百科", "影视娱乐", "求职", "兼职", "视频", "短视频", "音乐", "直播", "电台",
        "K歌", "成人", "中小学", "职考", "公务员", "英语", "视频教育", "高等教育", "成人教育", "艺术",
        "语言(非英语)", "旅游资讯", "综合预定", "民航", "铁路", "酒店", "行程管理", "民宿短租", "出国", "工具",
        "亲子儿童", "母婴", "驾校", "违章", "汽车咨询", "汽车交易", "日常养车", "行车辅助", "租房", "买房",
        "装修家居", "电子产品", "问诊挂号", "养生保健", "医疗服务", "减肥瘦身", "美妆美业", "菜谱", "餐饮店",
        "体育咨讯", "运动健身", "支付", "保险", "股票", "借贷", "理财", "彩票", "记账", "银行", "美颜", "影像剪辑",
        "摄影修图", "相机", "绘画", "二手", "电商", "团购", "外卖", "电影票务", "社区超市", "购物咨询", "笔记",
        "办公", "日程管理", "女性", "经营", "收款", "其他",
    ),
    words=(
        "打车", "地图导航", "免费WIFI", "租车", "同城服务", "快递物流", "婚庆", "家政", "公共交通", "政务",
        "社区服务", "薅羊毛", "魔幻", "仙侠", "卡牌", "飞行空战", "射击游戏", "休闲益智", "动作类", "体育竞技",
        "棋牌中心", "经营养成", "策略", "MOBA", "辅助工具", "约会社交", "即时通讯", "工作社交", "论坛圈子",
        "婚恋社交", "情侣社交", "社交工具", "生活社交", "微博博客", "新闻", "漫画", "小说", "技术", "教辅",
        "问答交流", "搞笑", "杂志", "百科", "影视娱乐", "求职", "兼职", "视频", "短视频", "音乐", "直播", "电台",
        "K歌", "成人", "中小学", "职考", "公务员", "英语", "视频教育", "高等教育", "成人教育", "艺术",
        "语言(非英语)", "旅游资讯", "综合预定", "民航", "铁路", "酒店", "行程管理", "民宿短租", "出国", "工具",
        "亲子儿童", "母婴", "驾校", "违章", "汽车咨询", "汽车交易", "日常养车", "行车辅助", "租房", "买房",
        "装修家居", "电子产品", "问诊挂号", "养生保健", "医疗服务", "减肥瘦身", "美妆美业", "菜谱", "餐饮店",
        "体育咨讯", "运动健身", "支付", "保险", "股票", "借贷", "理财", "彩票", "记账", "银行", "美颜", "影像剪辑",
        "摄影修图", "相机", "绘画", "二手", "电商", "团购", "外卖", "电影票务", "社区超市", "购物咨询", "笔记",
        "办公", "日程管理", "女性", "经营", "收款", "其他",
    ),
    templates=(
        Template(
            prompt="{option}",
            cloze="{option}。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="{option}类软件",
            cloze="{option}类软件。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
        Template(
            prompt="这是一款{option}类软件",
            cloze="这是一款{option}类软件。{text}",
            source="Sun et al. 2021, https://arxiv.org/abs/2109.03564, as in https://github.com/sunyilgdx/NSP-BERT",
        ),
    ),
    split="test",
    train_split="train",
    dev_split="dev",
    files=(
        DataFile(
            split="train",
            name="train_few_all.json",
            sha256="8de5db8d8a9fa77ae2e5da36a78c762625303600d547f96cc3b674a012243fe6",
            rows=3024,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/iflytek/train_few_all.json.",
        ),
        DataFile(
            split="dev",
            name="dev_few_all.json",
            sha256="25e8dd5031ce5d1f7f78f00edff81749a2dc00c17894151c2790c55a4ac3f5dc",
            rows=1373,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/iflytek/dev_few_all.json.",
        ),
        DataFile(
            split="test",
            name="test_public.json",
            sha256="f3cca532ec3d63b4afd2d8ce73f2f6e3eaa224cf8fa2fb9a6ebe2e602742dc19",
            rows=1749,
            where="Given out at https://github.com/CLUEbenchmark/FewCLUE, as datasets/iflytek/test_public.json.",
        ),
    ),
    metrics=("accuracy", "macro_f1"),
    chance=0.008403,
    references=(
        Reference(
            "NSP-BERT, zero-shot",
            "accuracy",
            0.416,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "candidates-contrast", printed="41.6"
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.266,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa-wwm-ext-base, as run by the authors of NSP-BERT", printed="26.6"
        ),
        Reference(
            "PET, zero-shot",
            "accuracy",
            0.277,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, as run by the authors of FewCLUE", printed="27.7"
        ),
        Reference(
            "GPT, zero-shot", "accuracy", 0.19, "test", "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3", "", printed="19.0"
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.328,
            "test",
            "Sun et al. 2021, https://arxiv.org/abs/2109.03564, table 1",
            "RoBERTa, few-shot, as run by the authors of NSP-BERT", printed="32.8"
        ),
        Reference(
            "Fine-tuning",
            "accuracy",
            0.328,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "RoBERTa-wwm-ext-base, few-shot, as run by the authors of FewCLUE", printed="32.8", spread="1.7"
        ),
        Reference(
            "Human",
            "accuracy",
            0.66,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "majority of annotators on 100 validation items, after 30 of train", printed="66.0"
        ),
        Reference(
            "Majority",
            "accuracy",
            0.008,
            "test",
            "Xu et al. 2021, https://arxiv.org/abs/2107.07498, table 3",
            "always the most frequent label", printed="0.8"
        ),
    ),
    notes=(
        "Test holds 98 of the 119 labels, dev 117; the most frequent ones have 30 of its 1,749 rows, 1.7 %, not the 0.8 % published for another split.",
        "Labels are numbered from 0 in the files; the number and the name must agree in every row.",
        "Descriptions are long: 289 characters in the mean of test and 1,544 at most.",
    ),
)  # fmt: skip

RECIPE = Recipe(about(TASK.words, DESCRIPTIONS, FEATURES), answers=119, seed=104)


def load(split: str, files: Mapping[str, Path], surprises: Counter[str]) -> Iterator[Example]:
    """Examples from the JSON lines."""
    return read(split, TASK.files, files, surprises, parse)


def parse(row: Row) -> tuple[Question, int]:
    """The description and the number of its kind, which the row gives as a number and as a name."""
    number, code = row.label(TASK.labels, "label_des"), row.whole("label")
    if code != number:
        raise row.fault(f"label {code} is not the number of {TASK.labels[number]}, {number}. Get a fresh copy.")
    return question(row), number


def question(row: Row) -> Question:
    """The description."""
    return Question(row.text("sentence"))


def submission(path: Path) -> Submission:
    """The test whose labels are hidden, as FewCLUE takes answers to it."""
    return fewclue_submission(question, [str(number) for number in range(len(TASK.labels))], "iflytekf_predict.json")


def sample(split: str) -> Iterator[Example]:
    """The embedded sample: own sentences with the shape of the task, the same on every machine."""
    return generate(RECIPE, split)


def score(gold: Sequence[Example], outputs: Sequence[int]) -> dict[str, Score]:
    """The share of right answers, and the mean of the labels' F1."""
    return score_choice(gold, outputs, labels=TASK.labels)

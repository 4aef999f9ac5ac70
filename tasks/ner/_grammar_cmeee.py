"""Grammars of the samples for CMeEE and CMeEE-V2: medical sentences put together from morphemes, all of our own writing.

What makes them more than a list to look up:

* diseases, drugs, body parts and examinations are composed, so that a list of mentions cannot be complete;
* 胰岛素 is a drug where it is injected, a test item where it is measured, and a body substance where it is secreted;
  贫血 is a symptom or a disease, 超声 a procedure or a device, 支原体 an organism or part of an infection: the context decides;
* 42 of 100 entities in test never occur in train with their label, 10 of 100 overlap another (V2: 35 and 33), and
  longest match against train reaches an F1 of 0.58 (V2: 0.58);
* sentences without any entity use the same characters in other senses (携手, 重心, 头痛 for a nuisance).
"""

from tasks.ner._sample import Grammar

_WORDS = """
digit = 1 2 3 4 5 6 7 8 9
number: {digit} | {digit} | {digit}{digit} | {digit}.{digit}
who = 患儿 患儿 患者 病人 该例 本组患儿 部分婴儿 学龄儿童
when = 入院后 次日 病程中 术后 起病时 随访期间 夜间 数周后 出院前
organ = 肝 肾 肺 胃 脾 脑 心 胆 肠 胰 膀胱 甲状腺 皮肤 骨髓 气管 食管 结膜 关节 淋巴结 中耳 视网膜 鼻窦 扁桃体 脊髓 子宫
side = 左 右 双 左侧 右侧 双侧
region = 上腹 下腹 胸 肺 肾 上肢 下肢 眼 耳 踝 膝 颈 肩 腰 颊 髋
place = 前 后 上 下 内 外 中 浅 深
tissue = 实质 门 间质 黏膜 动脉 静脉 小管 包膜 皮质 被膜 神经 血管
whole = 皮肤 骨髓 淋巴结 甲状腺 心肌 支气管 脑脊液 血液 胸腔 腹膜 肝脏 肾脏 脾脏 肺泡 小肠 四肢 咽部 口腔 红细胞 白细胞
    血小板
part: 3* {whole} | 2.5* {side}{region} | 3* {organ}{tissue} | 2* {organ}{place}{tissue} | 1* {side}{organ}{tissue}
cause = 急性 慢性 病毒性 细菌性 过敏性 先天性 新生儿 小儿 原发性 继发性 复发性 重症 结节性 化脓性
lesion = 炎 炎 癌 瘤 脓肿 囊肿 结核 梗死 纤维化 发育不良 综合征 硬化症 功能不全
common = 肺炎 哮喘 佝偻病 麻疹 水痘 白血病 川崎病 癫痫 脑膜炎 猩红热 破伤风 肾病综合征 风湿热 糖尿病 脑瘫
either = 贫血 黄疸 腹泻 惊厥 水肿 昏迷 休克 便秘 肥胖 呼吸衰竭
disease: 2.5* {common} | 2* {either} | 3* {organ}{lesion} | 4* {cause}{organ}{lesion} | 1* {cause}{common}
    | 1* {germ}感染 | 0.6* {germ}肺炎
kind = 肺炎 溶血性 肝炎 流感 轮状 腺 单纯疱疹 金黄色 奈瑟 表皮 呼吸道合胞 副流感 大肠 结核 百日咳 白色
species = 链球菌 葡萄球菌 病毒 杆菌 支原体 衣原体 念珠菌 球菌
germ: 2* 支原体 | 1* 衣原体 | 1* 大肠杆菌 | 5* {kind}{species} | 1* 人{kind}{species}
first = 阿 莫 氟 洛 美 罗 克 替 培 曲 左 环 伐 丙 依 卡 多
second = 奇 沙 米 托 拉 诺 比 他 普 尼
ending = 西林 沙星 霉素 洛尔 地平 他汀 洛韦 替尼 拉唑 单抗
form = 片 注射液 胶囊 颗粒 混悬液
drugname: 3* {first}{second}{ending} | 2* {first}{ending} | 2* 头孢{second}{first} | 1* {first}{ending}{form}
    | 1* 青霉素 | 1* 布洛芬 | 1* 地塞米松
substance = 胰岛素 甲状腺素 肾上腺素 白蛋白 血红蛋白 皮质醇 维生素D 生长激素 纤维蛋白原 转铁蛋白 免疫球蛋白 降钙素
item: 3* {substance} | 2* 体温 | 2* 血糖 | 1* 血压 | 1* 心率 | 1* 血钙 | 1* 体重 | 2* {organ}功能 | 1* {whole}计数
imaging = 超声 超声 超声 心电图 脑电图 CT X线 核磁共振 胃镜 内镜 造影
exam: 3* {imaging} | 2.5* {organ}{imaging} | 2* {side}{region}{imaging} | 1* {whole}涂片 | 1* {whole}活检
    | 1* {organ}穿刺术 | 1* {organ}切除术 | 1* 听诊
brand = 便携式 床旁 高频 数字 多功能 双水平
tool = 呼吸机 监护仪 雾化器 输液泵 暖箱 血糖仪
device: 3* {tool} | 3* {imaging} | 1* {brand}{tool} | 1* {brand}{imaging}机 | 1* {organ}功能测定仪
speciality = 心内 神经 呼吸 消化 新生儿 感染 血液 肾内 康复 皮肤 骨
department: 4* {speciality}科 | 1* 儿科 | 1* {manifest}门诊 | 1* 重症监护室
manifest = 发热 抽搐 心悸 腹痛 咽痛 多汗 咳嗽 呕吐 头痛 气促 乏力 腹胀 皮疹 盗汗 嗜睡 烦躁 流涕 食欲减退 体重下降 哭闹
    寒战
course = 阵发性 持续性 间歇性 进行性 夜间 反复 轻度 剧烈 餐后 喷射样 不规则 晨间
feel = 疼痛 压痛 肿胀 充血 麻木 出血 肿大 僵硬 发绀 瘙痒 隆起
change = 升高 降低 下降 波动 增多 减少
"""

_SENTENCES = """
sentence: 2* {lead}{clause}。 | 5* {lead}{clause}，{clause}。 | 5* {lead}{clause}，{clause}；{clause}。
    | 3* {lead}{clause}，{clause}，{link}{clause}，{clause}。
    | 1* {lead}{clause}，{clause}；{link}{clause}，{clause}，{clause}。 | 2.5* {aside}。 | 1.5* {aside}，{clause}。
link = 此外 随后 部分病例 同时 必要时 值得注意的是
lead: 3* - | 1* 据{number}家医院统计， | 1* 本研究表明， | 1* 一般认为 | 2* {who} | 1* {when}{who} | 1* {when}
    | 1* （{digit}） | 1* {digit}、
clause: 5* {of_symptom} | 4.5* {of_body} | 5* {of_disease} | 2.2* {of_exam} | 1.6* {of_drug} | 1.1* {of_item}
    | 0.8* {of_germ} | 0.4* {of_device} | 0.25* {of_department} | 0.5* {aside}
symptom: 3* [sym {manifest}] | 1.2* [sym {either}] | 4.5* [sym {course}{manifest}] | 1* [sym {part0}{feel}]
    | 2* [sym [bod {part}]{feel}] | 0.4* [sym [ite {item}]{change}] | 0.2* [sym [dis {disease}]发作]
    | 0.2* [sym [pro {exam}]异常]
part0 = 头 胸 腹 咽 腰 背 足
of_symptom: 3* 出现{symptom} | 2* 伴{symptom} | 1* 诉{symptom}{number}天 | 2* 可见{symptom}、{symptom}
    | 1* 有{symptom}及{symptom}等表现 | 1* 无明显{symptom} | 1* 以{symptom}为首发症状
of_body: 3* 病变累及[bod {part}] | 2* 可侵犯[bod {part}]、[bod {part}]及[bod {part}] | 1* [bod {part}]未见异常
    | 1* 由[bod {part}]向[bod {part}]扩散 | 1* 破坏[bod {part}]的结构 | 1* [bod {substance}]分泌不足
    | 1* 使[bod {substance}]合成受阻 | 1* 经[bod {part}]排出
of_disease: 3* 诊断为[dis {disease}] | 2* 应与[dis {disease}]、[dis {disease}]相鉴别 | 1* 既往患[dis {disease}]
    | 1* 可并发[dis {disease}]和[dis {disease}] | 1* [dis {disease}]的发病率逐年上升 | 1* 是[dis {disease}]的常见病因
    | 1* 排除[dis {disease}]
of_exam: 3* 行[pro {exam}]检查 | 1* 建议复查[pro {exam}]及[pro {exam}] | 1* 经[pro {exam}]证实
    | 1* [pro {exam}]示[bod {part}]{feel0} | 1* 必要时做[pro {exam}]
feel0 = 正常 清晰 对称
of_drug: 2* 给予[dru {drug}]静脉滴注 | 1* 口服[dru {drug}]{number}mg | 1* 皮下注射[dru {drug}]
    | 1* 联用[dru {drug}]与[dru {drug}] | 1* 停用[dru {drug}]
drug: 3* {drugname} | 1.6* {substance}
of_item: 1* 测定[ite {item}]水平 | 1* [ite {item}]为{number} | 1* 每日监测[ite {item}]
    | 1* 血清[ite {item}]检测值{number}
of_germ: 2* 培养出[mic {germ}] | 1* 由[mic {germ}]引起 | 1* 分离到[mic {germ}]及[mic {germ}] | 1* 接触[mic {germ}]后发病
of_device: 1* 使用[equ {device}]时注意消毒 | 1* 连接[equ {device}]管路 | 1* 购置[equ {device}]一台
    | 1* [equ {device}]的探头需校准
of_department: 2* 转入[dep {department}] | 1* 请[dep {department}]会诊 | 1* 到[dep {department}]就诊
aside: 医患双方应携手做好{topic} | 工作重心应放在{topic}上 | 管理者为{topic}十分头痛 | 家长对{topic}心中有数
    | 各地{topic}的口径不一 | {topic}由{speciality}科学会牵头制定 | 本节介绍{topic}的进展
    | 《{organ}病杂志》{number}期刊登了{topic}的综述 | {topic}不能一概而论 | 着眼{topic}，从头抓起
    | 《儿科手册》未提及{topic} | {topic}已成为学科发展的心病 | 这种{topic}使人眼前一亮 | {topic}的骨干力量不足
topic = 随访制度 健康教育 基层培训 费用管理 心理支持 流行病学调查 喂养指导 病历书写 预防接种安排 营养评估 社会支持
    早期干预
"""

_SECOND_VERSION = """
disease: 3* {common} | 3* {either} | 1.6* [bod {organ}]{lesion} | 3* {cause}[bod {organ}]{lesion} | 1* {cause}{common}
    | 1* [mic {germ}]感染 | 0.6* [mic {germ}]肺炎
exam: 3* {imaging} | 2* {organ}{imaging} | 2* {side}{region}{imaging} | 1* [bod {whole}]涂片 | 1* [bod {whole}]活检
    | 1* [bod {organ}]穿刺术 | 1* [bod {organ}]切除术 | 1* 听诊
"""

CMEEE = Grammar(_WORDS + _SENTENCES, seed=2021)
CMEEE_V2 = Grammar(_WORDS + _SENTENCES + _SECOND_VERSION, seed=2022)

"""Chinese words and name morphemes that several samples share: people, places, organisations, titles of works.

Names are composed (surname and given name, two characters and 市 or 县), so most of those in test are new; several
surnames and given names are also everyday words (高, 马, 白云, 和平), which only the sentence can tell apart.
"""

WORDS = """
digit = 1 2 3 4 5 6 7 8 9
day: {digit} | 1{digit} | 2{digit}
number: {digit} | {digit}{digit} | {digit}0
year: 19{digit}{digit}年 | 200{digit}年 | 201{digit}年
surname = 王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 马 朱 胡 林 郭 何 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 欧阳 司马
given = 明 华 伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 超 霞 平 刚 桂 英 志 文 建 国 海 云 峰 春 雪 东 新 和 光
known = 高远 马上飞 白云 张和平 王东海 李春江 赵光明 欧阳雪 周文 陈国平 林海 何新 唐明月 罗山 宋江河
name: 2.5* {known} | 2* {surname}{given}{given} | 1* {surname}{given}
abroad: {sound}{sound} | {sound}{sound}{sound} | {sound}{sound}·{sound}{sound}{sound}
sound = 克 斯 尔 拉 维 里 特 罗 姆 尼 格 马 布 萨 莱 德 纳 伊 科 恩
stem = 安 宁 平 江 河 山 阳 水 林 泉 城 川 云 石 龙 凤 东 南 西 北 长 临 新 清 金 白 青 海 湖 昌
unit = 市 县 区 镇 村 乡 州
river: 长江 | 黄河 | 泰山 | {stem}{stem}山 | {stem}{stem}河 | {stem}{stem}湖 | {stem}江
city = 北京 上海 广州 深圳 南京 杭州 武汉 成都 西安 天津 重庆 长沙 青岛 昆明 大连
province = 江苏 浙江 广东 山东 河南 四川 湖北 湖南 云南 福建 河北 陕西
nation = 中国 美国 日本 法国 德国 英国 俄罗斯 韩国 印度 巴西 埃及 意大利 西班牙
place: 4* {stem}{stem}{unit} | 3* {city} | 2* {province} | 2* {nation} | 1* {river} | 1* {province}省{stem}{stem}{unit}
trade = 科技 电子 医药 纺织 化工 机械 食品 建材 传媒 能源 物流 软件 银行 证券
knownfirm = 远山集团 新和软件 东方白银行 金海传媒 海云科技 明光电子 长城石化工公司
firm: 1.5* {knownfirm} | {stem}{given}{trade} | {stem}{given}集团 | {city}{stem}{given}{trade}公司
    | {given}{stem}{trade}股份有限公司
field = 师范 理工 农业 医科 财经 外国语 工业 交通
school: 1.5* {city}大学 | {city}{field}大学 | {province}大学 | {stem}{stem}{field}学院 | {city}第{digit}中学
    | {province}{field}大学
matter = 教育 卫生 公安 财政 环保 交通 统计 税务 商务
bureau: {city}市{matter}局 | {province}省{matter}厅 | {stem}{stem}县{matter}局 | 国家{matter}总局
club: {city}{given}{stem}队 | 1.5* {city}队 | {nation}队 | {stem}{stem}俱乐部
union: {province}{trade}协会 | {nation}{matter}委员会 | {stem}{given}基金会
moment = 昨日 今天 日前 近日 上周 本月 去年 目前
thing = 项目 会议 计划 活动 方案 论坛 工程 培训 展览 比赛
idle: {thing}进展顺利 | 大家高度评价了{thing} | 和平与发展是时代主题 | 这是一件新鲜事 | 天上白云朵朵，山清水秀
    | {thing}吸引了{number}人 | 马上就要开始{thing} | 东西南北的客人都来了 | 许多人为{thing}建言 | 江河湖海一片光明
    | {number}名代表参加了{thing} | {thing}取得新的突破，形势向好 | 高峰时段共有{number}人次 | 文明城市创建又上新台阶
work: {hue}{being} | {being}之{scene} | {hue}{scene} | {hue}{being}传 | {scene}里的{being}
hue = 红 黑色 最后的 消失的 无名 孤独 永远的 蓝色 远方的
being = 剑客 少年 公主 骑士 信使 猎人 女王 园丁 英雄 旅人
scene = 城堡 岛屿 黎明 森林 夏天 迷宫 长夜 海岸
"""

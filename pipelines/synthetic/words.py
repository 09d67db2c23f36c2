"""Words of the invented city: syllables of place names, departments, names of nobody.

Belongs here: word lists only. Does not: how they are combined (city, people) or which code means what (vocabulary).
Every place and person is invented; the area code 9901 belongs to no province.
"""

from __future__ import annotations

CITY_ZH, CITY_EN = "云湾市", "Yunwan City"
CITY_CODE = "990100"

#: First and second syllable of place names, with their Latin spelling: 44 x 44 distinct two-character names.
FIRST = (
    "云 Yun,澜 Lan,汀 Ting,霁 Ji,棠 Tang,岚 Lan,榆 Yu,杉 Shan,槐 Huai,枫 Feng,菱 Ling,荻 Di,芦 Lu,蔚 Wei,朔 Shuo,曦 Xi,"
    "晖 Hui,皓 Hao,澄 Cheng,沁 Qin,泓 Hong,漪 Yi,涵 Han,溪 Xi,潭 Tan,渚 Zhu,沙 Sha,礁 Jiao,屿 Yu,帆 Fan,舷 Xian,鸥 Ou,"
    "鹭 Lu,雁 Yan,鹤 He,驿 Yi,陶 Tao,窑 Yao,磨 Mo,桑 Sang,麻 Ma,稻 Dao,粟 Su,糖 Tang"
)
SECOND = (
    "湾 wan,港 gang,浦 pu,滩 tan,岸 an,桥 qiao,渡 du,埠 bu,坊 fang,巷 xiang,里 li,苑 yuan,庭 ting,园 yuan,圃 pu,坡 po,"
    "岭 ling,峰 feng,谷 gu,坞 wu,塘 tang,泉 quan,井 jing,河 he,沟 gou,洲 zhou,堤 di,闸 zha,田 tian,庄 zhuang,屯 tun,"
    "寨 zhai,营 ying,楼 lou,台 tai,阁 ge,亭 ting,门 men,城 cheng,关 guan,集 ji,店 dian,场 chang,林 lin"
)
DISTRICTS = (
    "云浦 Yunpu,沧榆 Cangyu,霁川 Jichuan,朔滨 Shuobin,澜山 Lanshan,棠湖 Tanghu,岚门 Lanmen,芦汀 Luting,曦原 Xiyuan,荻桥 Diqiao"
)
STREET_SUFFIX = (("街道", "Subdistrict"), ("镇", "Town"))

#: Urban departments: id, full name, English name, aliases.
URBAN_DEPARTMENTS = (
    ("U01", "云湾市城市管理局", "City Management Bureau", "城管局|市城管局|城市管理局"),
    ("U02", "云湾市住房和城乡建设局", "Housing and Construction Bureau", "住建局|市住建局"),
    ("U03", "云湾市生态环境局", "Ecology and Environment Bureau", "环保局|生态环境局"),
    ("U04", "云湾市园林绿化中心", "Parks and Greenery Centre", "园林中心|绿化中心"),
    ("U05", "云湾市交通运输局", "Transport Bureau", "交通局|交运局"),
    ("U06", "云湾市市场监督管理局", "Market Regulation Bureau", "市监局|市场监管局"),
    ("U07", "云湾市水务局", "Water Bureau", "水务局"),
    ("U08", "云湾市供电公司", "Power Company", "供电公司"),
)
OTHER_DEPARTMENTS = (
    ("X00", "云湾市信访局", "Petition Bureau", "市信访局|信访局", "petition"),
    ("X01", "云湾市人力资源和社会保障局", "Labour Bureau", "人社局|市人社局", "other"),
    ("X02", "云湾市自然资源局", "Natural Resources Bureau", "资规局|自然资源局", "other"),
    ("X03", "云湾市农业农村局", "Agriculture Bureau", "农业局|农业农村局", "other"),
    ("H00", "云湾市12345政务服务便民热线中心", "12345 Hotline Centre", "热线中心|12345中心", "other"),
    ("X10", "云湾市司法局", "Justice Bureau", "市司法局|司法局", "justice"),
    ("X11", "云湾市应急管理局", "Emergency Management Bureau", "应急局|市应急局", "other"),
    ("X12", "云湾市消防救援支队", "Fire and Rescue Brigade", "消防支队|市消防支队", "other"),
    ("X13", "云湾市人民检察院", "Procuratorate", "市检察院|检察院", "procuratorate"),
    ("L00", "云湾市劳动人事争议仲裁委员会", "Labour Arbitration Commission", "市劳动仲裁委|市仲裁委", "other"),
    ("T01", "云湾市医疗纠纷人民调解委员会", "Medical Mediation Committee", "医调委|市医调委", "justice"),
    ("T02", "云湾市道路交通事故人民调解委员会", "Road Accident Mediation Committee", "交调委|市交调委", "justice"),
    ("T03", "云湾市物业纠纷人民调解委员会", "Property Mediation Committee", "物调委|市物调委", "justice"),
    ("T04", "云湾市劳动争议人民调解委员会", "Labour Mediation Committee", "劳调委|市劳调委", "justice"),
)
#: A name no register knows: what D06 leaves to be counted as UNMAPPED.
UNKNOWN_DEPARTMENT = "临时联合指挥部"
UNKNOWN_CODE = "待定(新)"

SURNAMES = "欧阳,司徒,上官,诸葛,令狐,东方,南宫,西门,慕容,尉迟,公孙,百里,呼延,端木,钟离,宇文"
#: Given names end in a character that stands in no place name or template, three of them outside GBK.
GIVEN = "测甲,测乙,测丙,测丁,测戊,测己,测庚,测辛,试子,试丑,试寅,试卯,试辰,试巳,试午,试未,样㛃,样䶮,样𠮷,样龘"
NARRATIVES = (
    "群众反映楼道内堆放杂物",
    "双方因停车发生口角",
    "夜间施工声音较大,影响休息",
    "路面破损,行人绊倒",
    "门店占用人行道经营",
    "租客与房东因押金争执",
    "电动车在楼内充电",
    "老人走失,家属求助",
    "店铺油烟直排",
    "工人反映工资未按时发放",
    "物业收费标准不清",
    "路灯不亮,存在隐患",
    "广告横幅私自悬挂",
    "垃圾桶满溢,有异味",
    "两车刮擦,无人受伤",
    "接到陌生来电后转账",
)
ROADS = ("海晏路", "星槎路", "望舒街", "听潮巷", "扶摇大道", "流萤街", "青蘋路", "白露巷")
RELATIVE_PLACES = ("菜市场东门对面", "小学西侧路口", "公交首末站旁", "老粮站后院", "广场北侧")


def pairs(text: str) -> list[tuple[str, str]]:
    """`"云 Yun,澜 Lan"` as (Chinese, Latin) pairs."""
    return [(zh, en) for zh, en in (entry.split() for entry in text.split(","))]


#: For so many grids of level 4 the place names last: each street and community has one of its own (synthetic.city).
MOST_GRIDS = 7_767


def place_names() -> list[tuple[str, str]]:
    """All two-character place names, in an order that mixes first syllables; Chinese and Latin, all distinct."""
    first, second = pairs(FIRST), pairs(SECOND)
    names = []
    for shift in range(len(second)):
        for number, (zh, en) in enumerate(first):
            other = second[(number * 7 + shift * 5) % len(second)]
            names.append((zh + other[0], en + other[1]))
    taken = CITY_ZH.removesuffix("市")
    return [name for name in dict.fromkeys(names) if name[0] != taken]

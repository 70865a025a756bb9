"""What the demo county is made of in words: names of people, places of work, employers, trades."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from taizhang.demo.figures import sites
from taizhang.division import divisions

Texts = npt.NDArray[np.str_]
Indices = npt.NDArray[np.int64]

SURNAMES = tuple("刘肖曾谢尹杨李王张陈袁唐邓付周黄欧林米廖易唐卿罗龙向蒋彭胡戴匡申朱雷贺马郭夏钟姜段钱孙吴郑")
SURNAME_WEIGHTS = np.linspace(4.0, 0.4, len(SURNAMES))
GIVEN_MALE = tuple("伟强军勇建国平志明文华海林辉刚波斌龙松庆友良德忠富贵清云山长远利祥生和东春光")
GIVEN_FEMALE = tuple("英秀芳兰梅玉红艳霞丽娟燕桂香凤莲月琴雪珍萍翠娥花云春慧敏静娜")
NAMES_WITH_INTERPUNCT = ("阿依古丽·买买提", "吉克·阿果", "热依汗·艾力", "沙马·依洛", "卓玛·央金")


class Place(NamedTuple):
    """A place of work; `weight` is its share among the places of its region."""

    region: str
    province: str
    city: str
    county: str
    weight: float


PLACES = (
    Place("in_county", "湖南省", "邵阳市", "洞口县", 1),
    Place("in_province", "湖南省", "长沙市", "长沙县", 30),
    Place("in_province", "湖南省", "长沙市", "雨花区", 20),
    Place("in_province", "湖南省", "浏阳市", "浏阳市", 12),
    Place("in_province", "湖南省", "湘潭市", "岳塘区", 12),
    Place("in_province", "湖南省", "邵阳市", "大祥区", 16),
    Place("in_province", "湖南省", "株洲市", "天元区", 6),
    Place("in_province", "湖南省", "怀化市", "鹤城区", 4),
    Place("out_of_province", "广东省", "广州市", "白云区", 14),
    Place("out_of_province", "广东省", "广州市", "番禺区", 10),
    Place("out_of_province", "广东省", "深圳市", "宝安区", 15),
    Place("out_of_province", "广东省", "深圳市", "龙岗区", 9),
    Place("out_of_province", "广东省", "东莞市", "虎门镇", 10),
    Place("out_of_province", "广东省", "东莞市", "长安镇", 7),
    Place("out_of_province", "广东省", "佛山市", "顺德区", 5),
    Place("out_of_province", "广东省", "惠州市", "惠阳区", 3),
    Place("out_of_province", "浙江省", "义乌市", "义乌市", 6),
    Place("out_of_province", "浙江省", "海宁市", "海宁市", 4),
    Place("out_of_province", "浙江省", "宁波市", "鄞州区", 3),
    Place("out_of_province", "上海市", "上海市", "松江区", 5),
    Place("out_of_province", "江苏省", "昆山市", "昆山市", 3),
    Place("out_of_province", "福建省", "晋江市", "晋江市", 3),
    Place("out_of_province", "广西壮族自治区", "南宁市", "青秀区", 1.5),
    Place("out_of_province", "北京市", "北京市", "大兴区", 1.5),
)
HOME = 0
"""Index in `PLACES` of the county itself."""

_INDUSTRIES: dict[str, tuple[str, ...]] = {
    "电子": ("普工", "质检员", "组装工", "仓管员"),
    "服饰": ("缝纫工", "裁剪工", "整烫工", "普工"),
    "鞋业": ("针车工", "成型工", "普工", "包装工"),
    "五金": ("冲压工", "焊工", "数控操作工", "普工"),
    "建筑": ("木工", "钢筋工", "泥工", "架子工"),
    "物流": ("分拣员", "快递员", "货车司机", "仓管员"),
    "餐饮": ("服务员", "厨师", "洗碗工", "收银员"),
    "家政": ("保洁员", "月嫂", "护理员", "保安"),
}
_BRANDS = ("宏达", "鑫源", "嘉禾", "恒泰", "永兴", "顺成", "瑞丰", "金盛")
EMPLOYERS_EACH = len(_INDUSTRIES)
JOBS_EACH = 4
WORKSHOP_JOBS = ("缝纫工", "包装工", "裁剪工", "质检员")
BUSINESSES = ("小超市", "餐饮店", "家庭养殖", "农家乐", "网店", "摩托车维修店", "果园", "建材店")


def _employer(place: Place, number: int, industry: str) -> str:
    return f"{place.city.removesuffix('市')}{_BRANDS[number]}{industry}有限公司"


def _employers() -> Texts:
    """Names of employers, `EMPLOYERS_EACH` a place; at home those that the county names come first."""
    names = [[_employer(place, n, industry) for n, industry in enumerate(_INDUSTRIES)] for place in PLACES]
    named = [site.name for site in sites("employer")]
    names[HOME] = [*named, *(name.replace("邵阳", "洞口") for name in names[HOME][len(named) :])]
    return np.array(names)


EMPLOYERS = _employers()
JOBS = np.array(list(_INDUSTRIES.values()))
"""Jobs at an employer, `JOBS_EACH` of them, by its place in the row of `EMPLOYERS`."""


def village_office(code: str) -> str:
    """The office of a village, which employs those on its public-welfare posts."""
    name = divisions()[code].name
    if name.endswith("村委会"):
        return name
    return name + ("委会" if name.endswith("村") else "居委会")


def places_of(region: str, count: int, rng: np.random.Generator) -> Indices:
    """Indices in `PLACES` for `count` people who work in a region."""
    indices = [number for number, place in enumerate(PLACES) if place.region == region]
    weights = np.array([PLACES[number].weight for number in indices])
    return rng.choice(np.array(indices), count, p=weights / weights.sum())


def given_names(male: npt.NDArray[np.bool_], rng: np.random.Generator) -> Texts:
    """Given names of one or two characters."""
    count = len(male)
    first, second = (np.where(male, rng.choice(GIVEN_MALE, count), rng.choice(GIVEN_FEMALE, count)) for _ in range(2))
    return np.where(rng.random(count) < 0.75, np.char.add(first, second), first)


def surnames(count: int, rng: np.random.Generator) -> Texts:
    return rng.choice(SURNAMES, count, p=SURNAME_WEIGHTS / SURNAME_WEIGHTS.sum())

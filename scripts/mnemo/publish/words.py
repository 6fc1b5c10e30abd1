"""What a paper calls generators, models and programs, and what it cites for each."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from mnemo import rounding
from mnemo.assessors.registry import ASSESSORS
from mnemo.generators.registry import GENERATORS, Entry, entry
from mnemo.publish.text import cite, code

ALPHA = "\N{GREEK SMALL LETTER ALPHA}"
PSI = "\N{GREEK SMALL LETTER PSI}"
TIMES = "\N{MULTIPLICATION SIGN}"
GANALYZE = f"GANalyze {cite('goetschalckx2019')}"

_FFHQ = f"trained on photographs of faces (FFHQ) {cite('karras2019')}"
_LSUN = f"of LSUN {cite('yu2015')}"
_IMAGENET = f"trained on ImageNet {cite('russakovsky2015')}"
_STYLEGAN2 = f"StyleGAN2 {cite('karras2020')}"
_ARCHITECTURES = {
    "dcgan": f"DCGAN {cite('radford2016')}",
    "stylegan1": f"StyleGAN {cite('karras2019')}",
    "stylegan2": _STYLEGAN2,
    "biggan": f"BigGAN {cite('brock2019')}",
    "biggan-deep": f"BigGAN-deep {cite('brock2019')}",
}
_GENERATORS = {
    "dcgan-faces": f"a DCGAN {cite('radford2016', 'liu')} trained on the rendered faces of "
    f"DigiFace-1M {cite('bae2023')}",
    "stylegan1-ffhq": f"StyleGAN {_FFHQ}",
    "stylegan2-ffhq": f"{_STYLEGAN2} (configuration F) {_FFHQ}",
    "stylegan2-cat": f"{_STYLEGAN2} (configuration F) trained on the cats {_LSUN}",
    "stylegan2-horse": f"{_STYLEGAN2} (configuration F) trained on the horses {_LSUN}",
    "stylegan2-church": f"{_STYLEGAN2} (configuration F) trained on the churches {_LSUN}",
    "stylegan2-car": f"{_STYLEGAN2} (configuration F) trained on the cars {_LSUN}",
    "biggan-256": f"{_ARCHITECTURES['biggan']} {_IMAGENET}, as GANalyze "
    f"{cite('goetschalckx2019')} published it",
    "biggan-deep-512": f"{_ARCHITECTURES['biggan-deep']} {_IMAGENET}",
}

_US10K = cite("bainbridge2013", "younesi2024")
_RESMEM = f"ResMem {cite('needell2022')}"
#: What each model is.
_MODELS = {
    "resmem": f"{_RESMEM}, which predicts the hit rate of a memory game",
    "falseresmem": f"FalseResMem {cite('mikhailova2026')}, which predicts its false-alarm rate",
    "corrected-resmem": f"corrected memorability, the hit rate that {_RESMEM} predicts minus the "
    f"false-alarm rate that FalseResMem {cite('mikhailova2026')} predicts",
    "student": f"a student of {_RESMEM}, a smaller network on its first layers that imitates its "
    "scores of this generator's faces",
    "vgg16-us10k": f"a VGG16 trained to recognise faces {cite('simonyan2015', 'parkhi2015')} and "
    f"then on the 10k US Adult Faces {_US10K}",
    "resnet50-us10k": f"a ResNet50 trained to recognise faces {cite('he2016', 'cao2018')} and then "
    f"on the 10k US Adult Faces {_US10K}",
    "senet50-us10k": f"a SENet50 trained to recognise faces {cite('hu2018', 'cao2018')} and then "
    f"on the 10k US Adult Faces {_US10K}",
    "memnet": f"MemNet {cite('khosla2015')} (mean over ten crops)",
    "memnet-single-crop": f"MemNet {cite('khosla2015')} (centre crop)",
    "aestheticsnet": f"AestheticsNet {cite('kong2016')}, which predicts aesthetic quality",
    "emonet": f"EmoNet {cite('goetschalckx2019')}, which predicts emotional valence",
    "vitmem": f"ViTMem {cite('hagen2023')}",
    "amnet": f"AMNet {cite('fajtl2018')}",
    "object-size": f"Mask R-CNN {cite('he2017', 'lin2014')}, by the share of the image that the "
    "main object covers",
    "age": f"a network for the age that a face looks {cite('cydral2019')}",
    "gender": f"a network for the probability that a face looks female {cite('cydral2019')}",
    "happiness": "a mini-Xception for the probability that a face looks happy "
    f"{cite('arriaga2017')}",
}
#: What each is called once it has been introduced.
_SHORT = {
    "resmem": "ResMem",
    "falseresmem": "FalseResMem",
    "corrected-resmem": "corrected memorability",
    "student": "the student",
    "vgg16-us10k": "the VGG16",
    "resnet50-us10k": "the ResNet50",
    "senet50-us10k": "the SENet50",
    "memnet": "MemNet",
    "memnet-single-crop": "MemNet (centre crop)",
    "aestheticsnet": "AestheticsNet",
    "emonet": "EmoNet",
    "vitmem": "ViTMem",
    "amnet": "AMNet",
    "object-size": "object size",
}

#: What realness is measured on.
FEATURES = {
    "resnet152": f"the pooled features of the ResNet-152 {cite('he2016')} within {_RESMEM}",
    "inception": f"the pooled features of Inception-v3 {cite('szegedy2016')}, with images resized "
    f"as by clean-fid {cite('parmar2022')}",
    "dinov2": f"the features of DINOv2's ViT-L/14 {cite('oquab2024')}, which agree better with "
    f"people's judgement of realism {cite('stein2023')}",
}
#: What identity is measured with.
IDENTITY = {
    "dlib-face": f"dlib's face-recognition network {cite('king2009', 'king2017')}",
    "resnet50-vggface2": f"a ResNet50 trained on VGGFace2 {cite('he2016', 'cao2018')}",
    "senet50-vggface2": f"a SENet50 trained on VGGFace2 {cite('hu2018', 'cao2018')}",
}
PERCEPTUAL = {
    "lpips-vgg16": f"LPIPS on VGG16 {cite('zhang2018', 'simonyan2015')}",
    "resnet152-early": "a distance like LPIPS "
    f"{cite('zhang2018')} on the first layers of the ResNet-152 {cite('he2016')} within ResMem",
}
#: Trainable networks.
NETWORKS = {
    "vgg16": f"VGG16 that recognises faces {cite('simonyan2015', 'parkhi2015')}",
    "resnet50": f"ResNet50 that recognises faces {cite('he2016', 'cao2018')}",
    "senet50": f"SENet50 that recognises faces {cite('hu2018', 'cao2018')}",
    "resnet152-layer2": f"head on the first layers of {_RESMEM}",
    "resnet10": "network of ten layers without previous training",
}
#: What is measured of an image without a model of people, by what it is measured from.
SOURCES = {
    "pixels": "its pixels",
    "face-landmarks": f"the 68 landmarks of its largest face {cite('king2009', 'kazemi2014')}",
    "object-mask": f"the outline of its main object by Mask R-CNN {cite('he2017', 'lin2014')}",
}
#: What is cited for a factor beside that.
_FACTORS = {"colourfulness": cite("hasler2003")}
#: What people's rates in a memory game are called, and one of them.
_RATES = {
    "hit_rate": ("hit rates", "hit rate"),
    "true_hit_rate": ("hit rates minus false-alarm rates", "hit rate minus false-alarm rate"),
}
#: What a set of images is called.
SETS = {
    "fit": "fitting set",
    "eval": "evaluation set",
    "reference": "reference set",
    "photos": "recovered photographs",
}
SPACES = {"z": "z", "w": "w", "w_plus": "w+"}
ESTIMATORS = {
    "logistic": f"logistic regression {cite('pedregosa2011')}",
    "ridge": f"ridge regression {cite('peterson2022', 'pedregosa2011')}",
    "svm": f"a linear support vector machine {cite('pedregosa2011')}",
}


def generator(name: str, architecture: str | None) -> str:
    """Return what a generator is.

    Args:
        name: Its name in the study.
        architecture: Its architecture, if it is the study's own.

    Returns:
        The words, with citations.
    """
    if architecture is None:
        return _GENERATORS[name]
    return f"a generator of our own ({code(name)}, a {_ARCHITECTURES[architecture]})"


def sizes(name: str, architecture: str | None, **own: int | None) -> Entry:
    """Look up the sizes of a generator: Mnemo's, or of those that the study gives of its own."""
    if architecture is None:
        return GENERATORS[name]
    resolution = own.pop("resolution")
    return entry(name, architecture, int(resolution or 0), **own)


def model(name: str) -> str:
    """Return what an assessor is, with citations."""
    if name in _MODELS:
        return _MODELS[name]
    if name in ASSESSORS:
        return factor(name)
    return code(name)


def short(name: str) -> str:
    """Return what an assessor is called once it has been introduced."""
    return _SHORT.get(name) or (name.replace("-", " ") if name in ASSESSORS else code(name))


def factor(name: str) -> str:
    """Return what a visual factor is called, with what it is measured by."""
    return " ".join([name.replace("-", " "), *([_FACTORS[name]] if name in _FACTORS else [])])


def scores(name: str, ratings: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    """Return what an assessor's scores of images are called, and its score of one.

    Args:
        name: The assessor, a model or people.
        ratings: What the study says of people's ratings, by their name among the assessors.

    Returns:
        The words in the plural and in the singular, which say whether people were simulated.
    """
    if name not in ratings:
        return f"scores by {short(name)}", f"score by {short(name)}"
    given = ratings[name]
    by = f"by {'simulated ' if given.get('simulated', False) else ''}people"
    if given["score"] in _RATES:
        rates, rate = _RATES[given["score"]]
        return f"{rates} {by}", f"{rate} {by}"
    rating = code(given["score"].replace("_", " "))
    return f"mean ratings of {rating} {by}", f"mean rating of {rating} {by}"


def listing(items: Iterable[str], last: str = " and ", between: str = ", ") -> str:
    """Join items as in a sentence: `a, b and c`."""
    *first, end = items
    return last.join([between.join(first), end]) if first else end


def counted(n: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 image`, `2,000 images`."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"


def number(value: float) -> str:
    """Return a number as text, with a true minus."""
    return rounding.number(value).replace("-", "\N{MINUS SIGN}")


def numbers(values: Iterable[float]) -> str:
    """Join numbers as in a sentence."""
    return listing(map(number, values))


def percent(share: float) -> str:
    """Return a share in per cent, to two digits after the point at most."""
    return f"{number(round(100 * share, 2))}\N{NO-BREAK SPACE}%"


def estimate(row: Mapping[Any, Any], name: str, confidence: float) -> str:
    """Return an estimate with its confidence interval, if it has one.

    Args:
        row: The row of a table that has it.
        name: Its column; the ends of its interval are in those that end in `_low` and `_high`.
        confidence: The confidence of the interval.

    Returns:
        Text such as `0.68, 95 % CI [0.65, 0.71]`.
    """
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    said = rounding.interval(value, low, high).replace("-", "\N{MINUS SIGN}")
    if math.isnan(low) and math.isnan(high):
        return said
    return said.replace(" [", f", {percent(confidence)} CI [", 1)


def capital(text: str) -> str:
    """Return words with a capital, as at the beginning of a sentence."""
    return text[:1].upper() + text[1:]

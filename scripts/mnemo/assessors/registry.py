"""The assessors that a study can name: one entry each, beside the assessor's own file.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from dataclasses import dataclass

from mnemo.assessors.backbones.registry import NETWORKS


@dataclass(frozen=True)
class Entry:
    """What Mnemo knows of an assessor without loading it.

    Attributes:
        description: What its score means.
        module: Dotted name of its file; empty for one whose score is a difference.
        modules: Modules that this one imports by name.
        weights: Names in the weights catalogue, which gives each one's licence. A file of the
            user's own takes the place of the first.
        architecture: The network, one of `backbones.registry.NETWORKS`, that a study may train to
            take the place of the first of its weights; empty where it may train none.
        parts: For a difference, the assessors whose scores it subtracts.
        low: Smallest score; None where nothing bounds it.
        high: Largest score; None where nothing bounds it.
        unit: Unit of the score, where it has one.
        quality: What an image of a higher score is more of, or more.
        differentiable: Whether a gradient can flow from its score to the image.
        gpu: Whether it computes on a GPU where there is one.
        factor: What a visual factor is measured from, together with the others of its kind:
            "pixels", "face-landmarks" or "object-mask"; empty for what isn't one.
        input: What its network takes.
        faithful: How an image becomes that, and the network's output a score, in the preset
            faithful: as the papers' authors' code has it.
        corrected: The same in the preset corrected: as the network's own authors document it.
    """

    description: str
    module: str = ""
    modules: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    architecture: str = ""
    parts: tuple[str, str] | None = None
    low: float | None = 0.0
    high: float | None = 1.0
    unit: str = ""
    quality: str = "memorable"
    differentiable: bool = True
    gpu: bool = True
    factor: str = ""
    input: str = ""
    faithful: str = ""
    corrected: str = ""


_RESMEM = "aspect ratio lost at 256x256, the centre 227x227; no mean subtracted"
_STUDENT = "aspect ratio lost at 96x96; no mean subtracted"
_ALIGNED = (
    "resized to a height of 256; the face turned upright and cut out with a margin of a fifth, by "
    "the landmarks in a square of 0.7 of the height around the middle of the width and 0.6 of the "
    "height"
)
_SQUARE = (
    "a square of 0.9 of the height, around the middle of the width and 0.55 of the height, resized "
    "to 64x64"
)
_MAIN = "the image as it is; of the instance of the highest score, if that is above 0.5"
_LARGEST = (
    "resized to a height of 512; of the largest face that MTCNN finds, by dlib's 68 landmarks; an "
    "image without a face has no score"
)
_SINGLE_CROP = (
    "as paper 1 uses it on images other than faces: resized to 256x256 by PIL, bilinear; one crop; "
    "the score as it is"
)
_AS_TRAINED = (
    "as the file was trained: the authors' RGB, resized to 224x224 by PIL, no mean subtracted; one "
    "that Mnemo trained as its card says"
)


def _us10k(name: str) -> Entry:
    network = name.lower()
    return Entry(
        description=f"memorability of a face, predicted by a face-recognition {name} fine-tuned on "
        "the 10k US Adult Faces",
        module="mnemo.assessors.us10k",
        modules=NETWORKS[network].modules,
        weights=(f"{network}-us10k",),
        architecture=network,
        low=None,
        high=None,
        input="(3, 224, 224), from 0 to 255",
        faithful=_AS_TRAINED,
        corrected=_AS_TRAINED,
    )


def _factor(description: str, quality: str, high: float | None = 1.0, unit: str = "") -> Entry:
    return Entry(
        description=description,
        module="mnemo.assessors.factors",
        high=high,
        unit=unit,
        quality=quality,
        differentiable=False,
        gpu=False,
        factor="pixels",
        input="(3, any, any), RGB from 0 to 255; of an oval, with the white around it",
        faithful="the image as it is",
        corrected="the image as it is",
    )


def _of_face(
    description: str, quality: str, low: float | None, high: float | None = None, unit: str = ""
) -> Entry:
    return Entry(
        description=description,
        module="mnemo.assessors.face_factors",
        weights=("dlib-landmarks-68",),
        low=low,
        high=high,
        unit=unit,
        quality=quality,
        differentiable=False,
        gpu=False,
        factor="face-landmarks",
        input="(3, 512, any), RGB from 0 to 255",
        faithful=_LARGEST,
        corrected=_LARGEST,
    )


def _of_object(description: str, quality: str, low: float, high: float) -> Entry:
    return Entry(
        description=description,
        module="mnemo.assessors.object_shape",
        weights=("mask-rcnn",),
        low=low,
        high=high,
        quality=quality,
        differentiable=False,
        factor="object-mask",
        input="(3, any, any), RGB from 0 to 1",
        faithful=_MAIN,
        corrected=_MAIN,
    )


ASSESSORS: dict[str, Entry] = {
    "resmem": Entry(
        description="hit rate in a memory game, predicted by ResMem",
        module="mnemo.assessors.resmem",
        weights=("resmem",),
        input="(3, 227, 227), RGB from 0 to 1",
        faithful=_RESMEM,
        corrected=_RESMEM,
    ),
    "falseresmem": Entry(
        description="false-alarm rate in a memory game, predicted by FalseResMem",
        module="mnemo.assessors.falseresmem",
        weights=("falseresmem",),
        quality="falsely recognised",
        input="(3, 227, 227), RGB from 0 to 1",
        faithful=_RESMEM,
        corrected=_RESMEM,
    ),
    "corrected-resmem": Entry(
        description="corrected memorability: hit rate minus false-alarm rate",
        parts=("resmem", "falseresmem"),
        low=-1.0,
    ),
    "student": Entry(
        description="score of ResMem, imitated in a twentieth of the time, for faces of the "
        "generator dcgan-faces alone",
        module="mnemo.assessors.student",
        modules=NETWORKS["resnet152-layer2"].modules,
        weights=("student", "resmem"),
        architecture="resnet152-layer2",
        low=None,
        high=None,
        input="(3, 96, 96), RGB from 0 to 1",
        faithful=_STUDENT,
        corrected=_STUDENT,
    ),
    "vgg16-us10k": _us10k("VGG16"),
    "resnet50-us10k": _us10k("ResNet50"),
    "senet50-us10k": _us10k("SENet50"),
    "memnet": Entry(
        description="memorability, predicted by MemNet, mean over ten crops",
        module="mnemo.assessors.memnet",
        weights=("memnet", "memnet-mean"),
        low=None,
        high=None,
        input="(3, 256, 256), BGR from 0 to 255 less the mean image, of which 227x227 are cropped",
        faithful="GANalyze: resized to 256x256 as TensorFlow 1 does, without averaging; ten crops; "
        "2 (score - 0.7626) + 0.65, clipped to 0 to 1",
        corrected="resized to 256x256 by PIL, bilinear; ten crops; their mean as it is",
    ),
    "memnet-single-crop": Entry(
        description="memorability, predicted by MemNet from the centre crop",
        module="mnemo.assessors.memnet",
        weights=("memnet-pytorch", "memnet-mean"),
        low=None,
        high=None,
        input="(3, 256, 256), BGR from 0 to 255 less the mean image, of which rows and columns 15 "
        "to 241 are cropped",
        faithful=_SINGLE_CROP,
        corrected=_SINGLE_CROP,
    ),
    "aestheticsnet": Entry(
        description="aesthetic quality, predicted by AestheticsNet",
        module="mnemo.assessors.aestheticsnet",
        weights=("aestheticsnet", "aestheticsnet-mean"),
        low=None,
        high=None,
        quality="beautiful",
        input="(3, 227, 227), BGR from 0 to 255 less the centre of the mean image",
        faithful="GANalyze: resized to 227x227 as TensorFlow 1 does, without averaging",
        corrected="resized to 227x227 by PIL, bicubic, as the network's authors do in MATLAB",
    ),
    "emonet": Entry(
        description="emotional valence, predicted by EmoNet",
        module="mnemo.assessors.emonet",
        weights=("emonet",),
        low=None,
        high=None,
        quality="pleasant",
        input="(3, 256, 256), RGB, normalised as for ImageNet, of which ten 224x224 are cropped",
        faithful="GANalyze: resized to 256x256 by PIL, bilinear, where it is larger or smaller; "
        "ten crops, the centre's from row and column 17",
        corrected="resized to 256x256 by PIL, bilinear; torchvision's ten crops, the centre's from "
        "row and column 16",
    ),
    "vitmem": Entry(
        description="memorability, predicted by ViTMem",
        module="mnemo.assessors.vitmem",
        weights=("vitmem",),
        input="(3, 224, 224), RGB from 0 to 1",
        faithful="aspect ratio lost at 256x256, the centre 224x224; no mean subtracted",
        corrected="aspect ratio lost at 256x256, the centre 224x224; no mean subtracted",
    ),
    "amnet": Entry(
        description="memorability, predicted by AMNet",
        module="mnemo.assessors.amnet",
        weights=("amnet",),
        low=None,
        high=None,
        input="(3, 224, 224), RGB, normalised as for ImageNet",
        faithful="aspect ratio lost at 224x224; mean of the three steps' outputs / 2 + 0.754",
        corrected="aspect ratio lost at 224x224; mean of the three steps' outputs / 2 + 0.754",
    ),
    "object-size": Entry(
        description="share of the image that its main object covers, found by Mask R-CNN",
        module="mnemo.assessors.object_size",
        weights=("mask-rcnn",),
        quality="filled by its object",
        input="(3, any, any), RGB from 0 to 1",
        faithful=_MAIN,
        corrected=_MAIN,
    ),
    "age": Entry(
        description="age that the face looks",
        module="mnemo.assessors.age_and_gender",
        weights=("age", "dlib-landmarks"),
        low=0.0,
        high=80.0,
        unit="year",
        quality="old",
        differentiable=False,
        gpu=False,
        input="(3, 64, 64), RGB from 0 to 255 less the mean colour, over 256",
        faithful=_ALIGNED,
        corrected=_ALIGNED,
    ),
    "gender": Entry(
        description="probability that the face looks female",
        module="mnemo.assessors.age_and_gender",
        weights=("gender", "dlib-landmarks"),
        quality="female-looking",
        differentiable=False,
        gpu=False,
        input="(3, 32, 32), RGB from 0 to 255 less the mean colour, over 256",
        faithful=_ALIGNED,
        corrected=_ALIGNED,
    ),
    "happiness": Entry(
        description="probability that the face looks happy",
        module="mnemo.assessors.happiness",
        weights=("happiness",),
        quality="happy-looking",
        input="(3, 64, 64), RGB from 0 to 1, made grey from -1 to 1",
        faithful=_SQUARE,
        corrected=_SQUARE,
    ),
    "brightness": _factor("mean grey level, from black to white", "bright"),
    "contrast": _factor("standard deviation of the grey levels", "rich in contrast", 0.5),
    "colourfulness": _factor(
        "colourfulness (Hasler and Süsstrunk's measure M3)", "colourful", None
    ),
    "sharpness": _factor(
        "variance of the Laplacian of the grey levels; only for images of one size", "sharp", None
    ),
    "redness": _factor(
        "share of red pixels: hue within 20 degrees of red, saturation of 0.5, value of 0.2 or "
        "more in HSV",
        "red",
    ),
    "entropy": _factor(
        "entropy of the histogram of 256 grey levels; low for simple images", "varied", 8.0, "bit"
    ),
    "object-centredness": _of_object(
        "how close the centroid of the main object is to the middle of the image: their distance "
        "by half of the image's diagonal, negated",
        "centred",
        -1.0,
        0.0,
    ),
    "object-squareness": _of_object(
        "how square or circular the main object is: minor by major axis of the ellipse of equal "
        "second central moments",
        "square",
        0.0,
        1.0,
    ),
    "face-size": _of_face(
        "share of the image that the hull of the face's landmarks covers, from brows to chin",
        "filled by the face",
        0.0,
        1.0,
    ),
    "face-centredness": _of_face(
        "how close the centroid of the landmarks' hull is to the middle of the image: their "
        "distance by half of the image's diagonal, negated",
        "centred",
        -1.0,
        0.0,
    ),
    "face-squareness": _of_face(
        "how round the landmarks' hull is: minor by major axis of the ellipse of equal second "
        "central moments",
        "round",
        0.0,
        1.0,
    ),
    "face-yaw": _of_face(
        "how far the face is turned to the right of the picture: distance of the nose's tip from "
        "the middle of the eyes, by that between their outer corners",
        "turned to the right",
        None,
    ),
    "eye-opening": _of_face("eye aspect ratio: height by width, mean of both eyes", "awake", 0.0),
    "mouth-opening": _of_face(
        "mouth aspect ratio: height by width of the lips' inner edge", "open-mouthed", 0.0
    ),
    "smile-width": _of_face(
        "width of the mouth, by the distance between the eyes' outer corners", "broad-mouthed", 0.0
    ),
    "skin-tone": _of_face(
        "individual typology angle of the cheeks; large for light skin, and for light of little "
        "yellow",
        "light-skinned",
        -180.0,
        180.0,
        "degree",
    ),
}
#: The visual factors among them, and those that a study measures by default: quick, of any image.
FACTORS = tuple(name for name, entry in ASSESSORS.items() if entry.factor)
DEFAULT_FACTORS = ("brightness", "contrast", "colourfulness", "sharpness")
#: What a study may call by a name of its own: an assessor that Mnemo trained.
TRAINED = Entry(
    description="score in the unit of the rates that it was trained on",
    module="mnemo.assessors.trained",
    low=None,
    high=None,
    input="as its card says",
    faithful="as it was trained, whatever the study's preset",
    corrected="as it was trained, whatever the study's preset",
)


def entry(name: str) -> Entry:
    """Look an assessor up.

    Args:
        name: Its name in a study.

    Returns:
        Its entry; for a name that is not Mnemo's, that of an assessor that Mnemo trained.
    """
    return ASSESSORS.get(name, TRAINED)

"""Text of a paper with citations: written once, and rendered as Markdown, LaTeX and BibTeX.

Sentences are plain strings. What is set apart in them, citations and names, is made by `cite` and
`code`, and all else is escaped when it is rendered, so that no name can break the page.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REFERENCES = Path(__file__).with_name("references.bib")

# Control characters, which no text has, enclose citations and names within a sentence.
_CITE, _CODE, _END = "\x02", "\x0e", "\x03"
_MARKED = re.compile(f"([{_CITE}{_CODE}])([^{_END}]*){_END}")

_MARKDOWN = str.maketrans({each: f"\\{each}" for each in "\\`*_<>@$~^|#"})
_LATEX = str.maketrans(
    {
        **{each: f"\\{each}" for each in "{}$&#_%"},
        "\\": "\\textbackslash{}",
        "^": "\\textasciicircum{}",
        "~": "\\textasciitilde{}",
        "<": "\\textless{}",
        ">": "\\textgreater{}",
        "|": "\\textbar{}",
        '"': "\\symbol{34}",
        "\N{NO-BREAK SPACE}": "~",
        "\N{MINUS SIGN}": "$-$",
        "\N{MULTIPLICATION SIGN}": "$\\times$",
        "\N{GREEK SMALL LETTER ALPHA}": "$\\alpha$",
        "\N{GREEK SMALL LETTER PSI}": "$\\psi$",
    }
)


@dataclass(frozen=True)
class Cite:
    """A citation.

    Attributes:
        keys: The keys of its entries in the bibliography.
    """

    keys: tuple[str, ...]


@dataclass(frozen=True)
class Code:
    """A name as a file, a table or a program has it.

    Attributes:
        text: The name.
    """

    text: str


Span = str | Cite | Code


@dataclass(frozen=True)
class Section:
    """A paragraph under a heading.

    Attributes:
        title: Its heading.
        spans: Its text: prose, citations and names, in their order.
    """

    title: str
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Text:
    """A text.

    Attributes:
        sections: Its paragraphs, in their order.
    """

    sections: tuple[Section, ...]

    @property
    def cited(self) -> tuple[str, ...]:
        """The keys that the text cites, each once, in alphabetical order."""
        spans = (span for section in self.sections for span in section.spans)
        return tuple(sorted({key for span in spans if isinstance(span, Cite) for key in span.keys}))


def cite(*keys: str) -> str:
    """Cite entries of the bibliography in a sentence.

    Args:
        keys: Their keys.

    Returns:
        The citation, to be put into the sentence.
    """
    return f"{_CITE}{','.join(keys)}{_END}"


def code(name: str) -> str:
    """Set a name in a sentence, whatever characters it has.

    Args:
        name: The name.

    Returns:
        The name, to be put into the sentence.
    """
    printable = "".join(each if each.isprintable() else " " for each in name)
    return f"{_CODE}{printable}{_END}"


def paragraph(title: str, sentences: Iterable[str]) -> Section:
    """Make a paragraph of sentences.

    Args:
        title: Its heading.
        sentences: Its sentences, with citations by `cite` and names by `code`.

    Returns:
        The paragraph.
    """
    # Splitting leaves prose, the kind of what is set apart, and what that is, in turn.
    parts = iter(_MARKED.split(" ".join(sentences)))
    spans: list[Span] = [next(parts)]
    for kind in parts:
        marked = next(parts)
        spans += [Cite(tuple(marked.split(","))) if kind == _CITE else Code(marked), next(parts)]
    return Section(title, tuple(span for span in spans if span != ""))


def markdown(text: Text) -> str:
    """Render a text in pandoc's Markdown, with citations such as `[@karras2020]`.

    Args:
        text: The text.

    Returns:
        The Markdown.
    """
    paragraphs = (
        f"## {section.title}\n\n{''.join(map(_in_markdown, section.spans))}\n"
        for section in text.sections
    )
    return "\n".join(paragraphs)


def latex(text: Text) -> str:
    r"""Render a text in LaTeX, with natbib's citations such as `\citep{karras2020}`.

    Args:
        text: The text.

    Returns:
        The body of a document, in UTF-8.
    """
    paragraphs = (
        f"\\subsection{{{section.title.translate(_LATEX)}}}\n\n"
        f"{''.join(map(_in_latex, section.spans))}\n"
        for section in text.sections
    )
    return "\n".join(paragraphs)


def bibtex(text: Text) -> str:
    """List what a text cites, in BibTeX.

    Args:
        text: The text.

    Returns:
        The entries that it cites, and no others, in alphabetical order of their keys.
    """
    return "\n".join(entries()[key] for key in text.cited)


@cache
def entries() -> dict[str, str]:
    """Read the bibliography.

    Returns:
        Each entry in BibTeX by its key.
    """
    found = re.split(r"^(?=@)", REFERENCES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {each[each.index("{") + 1 : each.index(",")]: f"{each.strip()}\n" for each in found[1:]}


def _in_markdown(span: Span) -> str:
    match span:
        case Cite(keys):
            return f"[{'; '.join(f'@{key}' for key in keys)}]"
        case Code(text):
            # The fence is longer than any within, and a space keeps backticks at an end apart.
            fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
            edge = " " if "`" in text else ""
            return f"{fence}{edge}{text}{edge}{fence}"
        case _:
            return span.translate(_MARKDOWN)


def _in_latex(span: Span) -> str:
    match span:
        case Cite(keys):
            return f"\\citep{{{','.join(keys)}}}"
        case Code(text):
            return f"\\texttt{{{text.translate(_LATEX)}}}"
        case _:
            return span.translate(_LATEX)

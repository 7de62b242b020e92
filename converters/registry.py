"""Every converter, by name."""

from collections.abc import Mapping

from converters.converter import Converter
from converters.encyclopedia.registry import CONVERTERS as ENCYCLOPEDIA
from converters.instruct.registry import CONVERTERS as INSTRUCT
from converters.legal.registry import CONVERTERS as LEGAL
from converters.paper.registry import CONVERTERS as PAPER
from converters.patent.registry import CONVERTERS as PATENT

CONVERTERS: Mapping[str, Converter] = {
    converter.name: converter for converter in (*ENCYCLOPEDIA, *LEGAL, *PAPER, *PATENT, *INSTRUCT)
}

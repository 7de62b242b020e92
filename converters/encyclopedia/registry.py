"""Every format of the domain."""

from converters.encyclopedia.baidubaike import BAIDUBAIKE
from converters.encyclopedia.baike2018qa import BAIKE2018QA
from converters.encyclopedia.cmrc import CMRC_FLAT, SQUAD
from converters.encyclopedia.mediawiki import MEDIAWIKI
from converters.encyclopedia.triples import CN_DBPEDIA, OWNTHINK
from converters.encyclopedia.webtext2019zh import WEBTEXT2019ZH
from converters.encyclopedia.wiki2019zh import WIKI2019ZH

CONVERTERS = (WIKI2019ZH, MEDIAWIKI, BAIKE2018QA, WEBTEXT2019ZH, BAIDUBAIKE, CMRC_FLAT, SQUAD, OWNTHINK, CN_DBPEDIA)

"""A pack: what a device needs to answer, and nothing else. One model, its labels and goldens, and classify.py."""

from gemelo.edge.build import PackOptions, PackReport, is_pack, make_pack
from gemelo.edge.choose import Candidate

__all__ = ["Candidate", "PackOptions", "PackReport", "is_pack", "make_pack"]

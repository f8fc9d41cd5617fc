"""Telling whether two addresses, or two entries, are the same thing."""

import hashlib
import re

import httpx2

_TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "at_", "mc_", "hsa_", "_hs")
_TRACKING_NAMES = frozenset(
    {
        "fbclid", "gclid", "gclsrc", "dclid", "msclkid", "yclid", "twclid", "ttclid", "li_fat_id", "igshid",
        "igsh", "wbraid", "gbraid", "ref_src", "ref_url", "cmpid", "ncid", "spm", "s_cid", "oly_enc_id",
        "oly_anon_id", "vero_id", "wickedid", "rb_clickid", "mkt_tok", "campaign_id", "xtor", "__s", "_openstat",
    }
)  # fmt: skip
_ARXIV_HOST = re.compile(r"(?:www\.|export\.)?arxiv\.org")
_ARXIV_PATH = re.compile(
    r"/(?:abs|pdf|html)/(?P<id>(?:[a-z-]+(?:\.[A-Z]{2})?/\d{7}|\d{4}\.\d{4,5}))(?:v\d+)?(?:\.pdf)?"
)
_ID_LENGTH = 16


def canonical_url(text: str) -> str:
    """One spelling for an address: no fragment, no tracking parameters, arXiv's versions as their paper.

    Empty for anything that is not an http or https address.
    """
    try:
        url = httpx2.URL(text.strip())
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        return ""
    if url.scheme not in ("http", "https") or not url.host:
        return ""
    url = url.copy_with(fragment=None, userinfo=b"")
    if _ARXIV_HOST.fullmatch(url.host) and (paper := _ARXIV_PATH.fullmatch(url.path)):
        return f"https://arxiv.org/abs/{paper['id']}"
    return str(_without_tracking(url))


def _without_tracking(url: httpx2.URL) -> httpx2.URL:
    query = url.query.decode("ascii")
    kept = [part for part in query.split("&") if part and not _is_tracking(part.partition("=")[0].lower())]
    return url.copy_with(query="&".join(kept).encode("ascii") if kept else None)


def _is_tracking(name: str) -> bool:
    return name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)


def entry_id(feed_name: str, *parts: str) -> str:
    """Name an entry: sixteen hexadecimal digits, the same as long as the feed calls the entry the same."""
    digest = hashlib.sha256("\n".join((feed_name, *parts)).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:_ID_LENGTH]

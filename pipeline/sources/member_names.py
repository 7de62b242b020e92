"""Names of archive members: decoded from whatever code page their maker used, and fit to be shown."""


def decoded_name(raw: bytes) -> str:
    """GBK or UTF-8. Some GBK names are valid UTF-8 by chance (摘要 is ``\u056a\u04aa``), but never Chinese in it."""
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if name.isascii() or max(name) >= "\u0800" or encoding == "gb18030":
            return name
    return raw.decode("utf-8", "replace")


def shown_name(name: str) -> str:
    """No control characters, no backslashes, nothing that climbs out of the archive."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in name.replace("\\", "/"))
    return "/".join(part for part in shown.split("/") if part not in ("", ".", ".."))

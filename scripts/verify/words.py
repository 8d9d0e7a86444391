"""The rule by which a word or phrase matches, in its most naive form.

Text matches where it stands, ignoring case. Where it begins (ends) with a letter, digit or underscore, none of these may
stand directly before (after) it. `cam*`, `*mera` and `*mer*` open an end.
"""


def fold(text):
    """Simple folding: one character becomes one character."""
    if text.isascii():
        return text.lower()
    return "".join(folded if len(folded := c.casefold()) == 1 else c for c in text)


def is_word(character):
    return character.isalnum() or character == "_"


def stands(text, folded, open_start=False, open_end=False):
    """Whether `text` stands in a text that is folded already."""
    text = fold(text)
    guard_start = not open_start and is_word(text[0])
    guard_end = not open_end and is_word(text[-1])
    at = folded.find(text)
    while at >= 0:
        end = at + len(text)
        free_before = not guard_start or at == 0 or not is_word(folded[at - 1])
        free_after = not guard_end or end == len(folded) or not is_word(folded[end])
        if free_before and free_after:
            return True
        at = folded.find(text, at + 1)
    return False

"""The table of comparisons."""


class Report:
    """Collects what was expected and what was found; prints each line at once."""

    def __init__(self):
        self.differences = 0
        self.lines = 0

    def stage(self, title):
        print(f"\n{title}\n{'what':<74} {'expected':>12} {'found':>12}")

    def equal(self, what, expected, found, detail=None):
        """One line. `detail`, a function, says more where they differ."""
        self.lines += 1
        same = expected == found
        shorten = lambda thing: text if len(text := str(thing)) <= 12 else text[:11] + "~"
        print(f"{what:<74} {shorten(expected):>12} {shorten(found):>12}  {'ok' if same else 'DIFFERS'}", flush=True)
        if not same:
            self.differences += 1
            print(f"    expected {expected!r:.600}\n    found    {found!r:.600}")
            if detail is not None:
                print(f"    {detail()!s:.2000}")
        return same

    def holds(self, what, condition, found):
        """One line for a condition rather than a value."""
        return self.equal(what, True, bool(condition), lambda: f"it was {found!r}")

    def finish(self):
        print(f"\n{self.lines} comparisons, {self.differences} differences")
        return 1 if self.differences else 0

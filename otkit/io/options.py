"""How a file of text is to be read, where the user says."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class FileOptions:
    """How a file is to be read, where the user says; None and nothing leave it to the file.

    Attributes
    ----------
    sep, decimal, comment : str, optional
        What separates cells, "blank" for any blanks and "tab" for tabs; what marks decimals, a point or a comma; what
        begins a comment. Comments are looked for only where a mark is given.
    header : bool, optional
        Whether the first row names the columns.
    columns : tuple of str
        Names or numbers from 1 of those to use; all of them where nothing is given.
    labels : str, optional
        Name or number of the column that names the rows.
    drop_missing : bool
        Whether rows with a missing value are left out; they are an error otherwise.
    standardize : bool
        Whether the columns of points are divided by their spread; see `otkit.io.spread`.
    """

    sep: str | None = None
    decimal: str | None = None
    comment: str | None = None
    header: bool | None = None
    columns: tuple[str, ...] = ()
    labels: str | None = None
    drop_missing: bool = False
    standardize: bool = False

    def checked(self) -> FileOptions:
        """Return the options with names of separators replaced by what they name, or raise ValueError."""
        named = {"blank": " ", "blanks": " ", "space": " ", "tab": "\t", "\\t": "\t"}
        sep = None if self.sep is None else named.get(self.sep, self.sep)
        if sep is not None and (len(sep) != 1 or sep in '".\n\r' or sep.isalnum()):
            raise ValueError(
                f"--sep must be one mark such as ';' or ',', or 'tab' or 'blank', but {self.sep!r} was given."
            )
        if self.decimal not in (None, ".", ","):
            raise ValueError(f"--decimal must be '.' or ',', but {self.decimal!r} was given.")
        if self.comment is not None and (not self.comment.strip() or '"' in self.comment):
            raise ValueError(f"--comment must be a mark such as '#', but {self.comment!r} was given.")
        return replace(self, sep=sep)

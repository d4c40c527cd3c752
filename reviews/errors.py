"""The one base of every refusal a person may read."""


class Refused(Exception):
    """Something was not done, and the message says what, where and what to do instead.

    Pages show the sentence, the API answers with ``status``, a job stores it as its error. Each room's services
    define their own subclasses beside the verbs that raise them. ``field`` names the form field at fault, if one is.
    """

    status = 422

    def __init__(self, sentence: str = "", *, field: str | None = None):
        super().__init__(sentence)
        self.field = field


class Conflict(Refused):
    """The thing changed since the person looked at it; nothing was overwritten."""

    status = 409

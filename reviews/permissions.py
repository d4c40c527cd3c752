"""Who may do what, on one page. No Django here: views, API, templates and tests read the same table."""

from enum import StrEnum


class Permission(StrEnum):
    VIEW = "view"
    AMEND_PROTOCOL = "amend_protocol"
    MANAGE_TEAM = "manage_team"
    IMPORT = "import"
    DEDUPLICATE = "deduplicate"
    SCREEN = "screen"
    ADJUDICATE = "adjudicate"
    MANAGE_FULL_TEXT = "manage_full_text"
    ASSESS = "assess"
    EXTRACT = "extract"
    RECONCILE = "reconcile"
    ANALYSE = "analyse"
    GRADE = "grade"
    REPORT = "report"
    EXPORT = "export"
    PUBLISH = "publish"
    AUDIT = "audit"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ").capitalize()


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    LIBRARIAN = "librarian"
    REVIEWER = "reviewer"
    ADJUDICATOR = "adjudicator"
    EXTRACTOR = "extractor"
    STATISTICIAN = "statistician"
    OBSERVER = "observer"


P = Permission
ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset(Permission),
    Role.LIBRARIAN: frozenset({P.VIEW, P.IMPORT, P.DEDUPLICATE, P.MANAGE_FULL_TEXT, P.REPORT, P.EXPORT}),
    Role.REVIEWER: frozenset(
        {
            P.VIEW,
            P.SCREEN,
            P.DEDUPLICATE,
            P.MANAGE_FULL_TEXT,
            P.ASSESS,
            P.EXTRACT,
            P.GRADE,
            P.REPORT,
            P.EXPORT,
        }
    ),
    Role.ADJUDICATOR: frozenset(
        {
            P.VIEW,
            P.ADJUDICATE,
            P.DEDUPLICATE,
            P.MANAGE_FULL_TEXT,
            P.ASSESS,
            P.EXTRACT,
            P.RECONCILE,
            P.GRADE,
            P.REPORT,
            P.EXPORT,
        }
    ),
    Role.EXTRACTOR: frozenset({P.VIEW, P.ASSESS, P.EXTRACT, P.REPORT, P.EXPORT}),
    Role.STATISTICIAN: frozenset({P.VIEW, P.EXTRACT, P.ANALYSE, P.GRADE, P.REPORT, P.EXPORT}),
    Role.OBSERVER: frozenset({P.VIEW, P.REPORT}),
}
ROLE_LABELS: dict[Role, str] = {
    Role.OWNER: "Owner",
    Role.MANAGER: "Manager",
    Role.LIBRARIAN: "Librarian",
    Role.REVIEWER: "Reviewer",
    Role.ADJUDICATOR: "Adjudicator",
    Role.EXTRACTOR: "Extractor",
    Role.STATISTICIAN: "Statistician",
    Role.OBSERVER: "Observer",
}


def allows(role: str, permission: Permission) -> bool:
    """Whether ``role`` may do ``permission``; an unknown role may do nothing."""
    return permission in permissions_of(role)


def role_table() -> list[tuple[str, list[bool]]]:
    """The whole page as rows: a permission's label and, for each Role in order, whether it may."""
    return [(permission.label, [allows(role, permission) for role in Role]) for permission in Permission]


def permissions_of(role: str) -> frozenset[Permission]:
    """Every permission of ``role``; an unknown role has none."""
    return ROLE_PERMISSIONS.get(role, frozenset())  # type: ignore[call-overload]

"""The CSV of the R package PRISMA2020 and its web page: read, written, compared. No Django."""

from reporting.prisma2020.cells import CsvError
from reporting.prisma2020.compare import Comparison, compare
from reporting.prisma2020.file import Contents, PrismaFile, Problem, prisma_csv
from reporting.prisma2020.rows import HEADER, ROWS

__all__ = [
    "HEADER",
    "ROWS",
    "Comparison",
    "Contents",
    "CsvError",
    "PrismaFile",
    "Problem",
    "compare",
    "prisma_csv",
]

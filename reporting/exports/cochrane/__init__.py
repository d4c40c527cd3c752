"""The Cochrane data package: the newest results of the plans, and the studies behind them, as RevMan gives them away.

    package(membership) -> bytes        the ZIP; read by read.cdir of the R package meta, whatever the file is called
    cochrane.as_zip                     the same for the catalogue of exports

``layout="library"`` gives the folders as the Cochrane Library does; that file must be called CD…-dataPackage.zip.
Specification: https://documentation.cochrane.org/revman-kb/data-package-specification-249561249.html
"""

from reporting.exports.cochrane.package import LAYOUTS, as_zip, package

__all__ = ["LAYOUTS", "as_zip", "package"]

"""Aerial and satellite pictures as one mosaic, whatever their files, projections and tiles.

`open_imagery` gives an `Imagery`, from which pictures of any place are cut. rasterio loads when a
raster file is opened.
"""

from core.sources.imagery.credits import ImageryCredit
from core.sources.imagery.layer import AerialPicture
from core.sources.imagery.mosaic import Imagery, ImageryPlace, Online, open_imagery

__all__ = ["AerialPicture", "Imagery", "ImageryCredit", "ImageryPlace", "Online", "open_imagery"]

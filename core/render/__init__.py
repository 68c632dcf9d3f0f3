"""Map features → pictures, in a Carto-like style of our own.

Mapnik and shapely load with the first `Renderer`, so that reading a base map needs neither.
"""

from core.render.basemap import read_base_map_tile
from core.render.renderer import Renderer

__all__ = ["Renderer", "read_base_map_tile"]

"""Map features → pictures, in a Carto-like style of our own.

Mapnik and shapely load with the first `Renderer`, so that importing this room needs neither.
"""

from core.render.renderer import Renderer

__all__ = ["Renderer"]

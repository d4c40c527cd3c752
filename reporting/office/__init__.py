"""The flow diagram as office files whose shapes can be edited."""

from reporting.office.document import add_flow, flow_docx
from reporting.office.slides import flow_pptx

__all__ = ["add_flow", "flow_docx", "flow_pptx"]

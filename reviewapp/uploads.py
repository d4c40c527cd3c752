"""An upload takes no more disk than the limit, however much is sent."""

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


class CutAtLimit(FileUploadHandler):
    """Keeps each file up to the first chunk beyond its limit and drops the rest as it comes.

    What is kept is too large, so the service that takes the file refuses it with its sentence. Search results, sent
    to an address below ``imports/``, and archives of PDFs may be larger than other files; archives of whole reviews,
    sent below ``archives/``, the largest.
    """

    def new_file(self, *args, **kwargs) -> None:
        super().new_file(*args, **kwargs)
        self.kept = 0
        path = self.request.path if self.request else ""
        large = any(
            part in path for part in ("/imports/", "/retractions/", "/full-texts/pdfs/", "/pdf-uploads/")
        )
        self.limit = settings.IMPORT_LIMIT_BYTES if large else settings.UPLOAD_LIMIT_BYTES
        if "/archives/" in path:
            self.limit = settings.ARCHIVE_LIMIT_BYTES

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if self.kept > self.limit:
            return None
        self.kept += len(raw_data)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

"""A disk with artefacts as nodes find it, and what damages one."""

import hashlib
import io
import shutil
import tarfile

from bootstrap.precache.images.naming import artifact_name
from tests.fakes.images import FakeIndex

VERSION = b"Directory Transport Version: 1.1\n"


class Disk:
    """Images by pull spec, in one of both formats.

    Args:
        root: Where to write.
        archives: One archive an image, instead of a layout.
        has_index: Whether there are ``images.txt`` and ``SHA256SUMS``, which telco-ran-tools does not write.
    """

    def __init__(self, root, images, *, archives=False, has_index=True, stage="ai"):
        self.root, self.images, self.archives = root, images, archives
        root.mkdir()
        self.list = root / f"{stage}-images.txt"
        self.list.write_text("".join(f"{each}\n" for each in sorted(images)))
        for source, image in images.items():
            directory = self.directory(image)
            if archives:
                directory = root / artifact_name(source)
            if not directory.exists():
                self._write(directory, image)
            if archives:
                with tarfile.open(root / f"{artifact_name(source)}.tgz", "w:gz") as file:
                    file.add(directory, artifact_name(source))
                shutil.rmtree(directory)
        if has_index:
            self.write_index()

    def directory(self, image):
        return self.root / "images" / image.digest.hex

    def path(self, source):
        image = self.images[source]
        return f"{artifact_name(source)}.tgz" if self.archives else f"images/{image.digest.hex}"

    def archive(self, source):
        return self.root / f"{artifact_name(source)}.tgz"

    def blob(self, name):
        return self.root / "blobs/sha256" / str(name).removeprefix("sha256:")

    def write_index(self):
        lines = [
            f"{source} {image.digest} {self.path(source)}\n" for source, image in sorted(self.images.items())
        ]
        (self.root / "images.txt").write_text("".join(lines))
        self.write_sums()

    def write_sums(self):
        files = sorted(each for each in self.root.rglob("*") if each.is_file() and not each.is_symlink())
        sums = [
            f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.relative_to(self.root)}\n"
            for each in files
            if each.name != "SHA256SUMS"
        ]
        (self.root / "SHA256SUMS").write_text("".join(sums))

    def repack(self, source, change, *, links=()):
        """Write the archive of ``source`` again after ``change`` of its files, bytes by name."""
        with tarfile.open(self.archive(source)) as file:
            files = {each.name: file.extractfile(each).read() for each in file if each.isfile()}
        change(files)
        with tarfile.open(self.archive(source), "w:gz") as file:
            for name, content in files.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                file.addfile(entry, io.BytesIO(content))
            for name, target in links:
                entry = tarfile.TarInfo(name)
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                file.addfile(entry)

    def state(self):
        """Return every file's bytes and every link's target, by path."""
        return {
            str(each.relative_to(self.root)): str(each.readlink()) if each.is_symlink() else each.read_bytes()
            for each in self.root.rglob("*")
            if each.is_symlink() or each.is_file()
        }

    def _write(self, directory, image):
        directory.mkdir(parents=True)
        (directory / "version").write_bytes(VERSION)
        children = image.images if isinstance(image, FakeIndex) else ()
        self._place(directory / "manifest.json", image.raw)
        for each in children:
            self._place(directory / f"{each.digest.hex}.manifest.json", each.raw)
        for each in children or (image,):
            for digest, content in each.blobs.items():
                self._place(directory / digest.hex, content)

    def _place(self, path, content):
        if self.archives:
            path.write_bytes(content)
            return
        blob = self.blob(hashlib.sha256(content).hexdigest())
        blob.parent.mkdir(parents=True, exist_ok=True)
        if not blob.exists():
            blob.write_bytes(content)
        if not path.is_symlink():
            path.symlink_to(f"../../blobs/sha256/{blob.name}")


def flip(path, at=None):
    """Turn one bit of a file, in its middle unless told where."""
    path.write_bytes(flipped(path.read_bytes(), at))


def flipped(content, at=None):
    at = len(content) // 2 if at is None else at
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]

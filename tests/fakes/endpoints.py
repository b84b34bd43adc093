"""What a registry answers, as values: requests in, responses out, contents in dictionaries. No sockets."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bootstrap.registry.auth import Credentials

_NAME = r"(?P<repository>[a-z0-9._/-]+)"
_DIGEST = r"sha256:[0-9a-f]{64}"
_MANIFEST = re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)")
_BLOB = re.compile(rf"/v2/{_NAME}/blobs/(?P<digest>{_DIGEST})")
_UPLOADS = re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<session>[^/]*)")
_TAGS = re.compile(rf"/v2/{_NAME}/tags/list")
_REFERRERS = re.compile(rf"/v2/{_NAME}/referrers/(?P<digest>{_DIGEST})")
_CDN = re.compile(rf"/cdn/(?P<digest>{_DIGEST})")


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def refuse(status: int, code: str, detail: object = None, **headers: str) -> Response:
    body = json.dumps({"errors": [{"code": code, "message": code.lower(), "detail": detail}]}).encode()
    return Response(status, {"Content-Type": "application/json", **headers}, body)


class Endpoints:
    """The state of a registry. Tests may look at it, and change it, between requests."""

    def __init__(self) -> None:
        self.blobs: dict[tuple[str, str], bytes] = {}
        self.manifests: dict[tuple[str, str], tuple[bytes, str]] = {}
        self.tags: dict[tuple[str, str], str] = {}
        self.uploads: dict[str, str] = {}
        self.relative_locations = False
        self.cdn_url: str | None = None
        self.has_referrers = False  # as distribution 2.8 and 3.0
        self.referrers_page = 1000
        self.takes_sparse = False  # as distribution 3 with validation.manifests.indexes.platforms: none
        self.deletes = True
        self.ranges: bool | int = True  # False sends the whole instead of a part, a status refuses
        self.arrived: dict[str, bytes] = {}  # of uploads that are not ended
        self.stored: list[str] = []  # the digests of blobs that were sent and taken, each time
        self.whole: int | None = None  # the status that a PUT with a body is refused with
        self.least_chunk: int | None = None
        self.most_body: int | None = None  # bytes; 413 to longer ones, as a proxy does
        self.before_manifest: Callable[[], None] = lambda: None  # called before one is taken
        self.tells_offset = True  # of an upload that broke; distribution 2.8 does not
        self.base_url = ""
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        with self._lock:
            if request.path == "/v2/":
                return Response(200, {"Content-Type": "application/json"}, b"{}")
            if request.path == "/v2/_catalog":
                names = sorted({name for name, _ in (*self.manifests, *self.blobs)})
                return self._page(request, "repositories", names)
            for pattern, answer in (
                (_MANIFEST, self._manifest),
                (_UPLOADS, self._upload),
                (_BLOB, self._blob),
                (_TAGS, self._tags),
                (_REFERRERS, self._referrers),
                (_CDN, self._cdn),
            ):
                found = pattern.fullmatch(request.path)
                if found:
                    return answer(request, **found.groupdict())
        return refuse(404, "UNSUPPORTED")

    def _manifest(self, request: Request, repository: str, reference: str) -> Response:
        if request.method == "PUT":
            return self._put_manifest(request, repository, reference)
        if request.method == "DELETE" and not self.deletes:
            return refuse(405, "UNSUPPORTED")
        digest = reference if ":" in reference else self.tags.get((repository, reference), "")
        if (repository, digest) not in self.manifests:
            return refuse(404, "MANIFEST_UNKNOWN")
        if request.method == "DELETE":
            del self.manifests[repository, digest]
            self.tags = {
                key: held for key, held in self.tags.items() if (key[0], held) != (repository, digest)
            }
            return Response(202)
        content, media_type = self.manifests[repository, digest]
        accepted = getattr(request.headers, "get_all", lambda name, _: [request.headers.get(name, "")])
        if media_type not in ", ".join(accepted("Accept", [])):  # Go's clients send one header for each type
            return refuse(404, "MANIFEST_UNKNOWN", "not acceptable")
        return Response(200, {"Content-Type": media_type, "Docker-Content-Digest": digest}, content)

    def _put_manifest(self, request: Request, repository: str, reference: str) -> Response:
        digest = _digest(request.body)
        if ":" in reference and reference != digest:
            return refuse(400, "DIGEST_INVALID")
        try:
            value = json.loads(request.body)
        except ValueError:
            return refuse(400, "MANIFEST_INVALID")
        self.before_manifest()
        blobs = [each["digest"] for each in [*value.get("layers", []), *filter(None, [value.get("config")])]]
        children = [each["digest"] for each in value.get("manifests", [])]
        missing = [each for each in blobs if (repository, each) not in self.blobs]
        if not self.takes_sparse:
            missing += [each for each in children if (repository, each) not in self.manifests]
        if missing:
            return refuse(404, "MANIFEST_BLOB_UNKNOWN", missing[0])
        self.manifests[repository, digest] = (request.body, request.headers.get("Content-Type", ""))
        if ":" not in reference:
            self.tags[repository, reference] = digest
        return Response(201, {"Docker-Content-Digest": digest})

    def _blob(self, request: Request, repository: str, digest: str) -> Response:
        content = self.blobs.get((repository, digest))
        if content is None:
            return refuse(404, "BLOB_UNKNOWN")
        if request.method == "GET" and self.cdn_url is not None:
            return Response(307, {"Location": f"{self.cdn_url}/cdn/{digest}?signature=a-secret"})
        return self._part(request, {"Docker-Content-Digest": digest}, content)

    def _part(self, request: Request, headers: dict[str, str], content: bytes) -> Response:
        """Return all of a blob, or from where the request wants it on."""
        found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if found is None or self.ranges is False:
            return Response(200, headers, content)
        if self.ranges is not True:
            return Response(self.ranges)
        start = int(found[1])
        if start >= len(content):
            return Response(416, {"Content-Range": f"bytes */{len(content)}"})
        told = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return Response(206, {**headers, "Content-Range": told}, content[start:])

    def _referrers(self, request: Request, repository: str, digest: str) -> Response:
        if not self.has_referrers:
            return refuse(404, "UNSUPPORTED")
        found = []
        for (name, each), (content, media_type) in self.manifests.items():
            value = json.loads(content)
            if name == repository and (value.get("subject") or {}).get("digest") == digest:
                descriptor = {"mediaType": media_type, "digest": each, "size": len(content)}
                found.append({**descriptor, "artifactType": value.get("artifactType", "")})
        start = int(request.query.get("start", "0"))
        end = start + self.referrers_page
        headers = {"Content-Type": "application/vnd.oci.image.index.v1+json"}
        if len(found) > end:
            headers["Link"] = f'<{request.path}?start={end}>; rel="next"'
        index = {"schemaVersion": 2, "mediaType": headers["Content-Type"], "manifests": found[start:end]}
        return Response(200, headers, json.dumps(index).encode())

    def _cdn(self, request: Request, digest: str) -> Response:
        if "signature" not in request.query:
            return Response(403)
        content = next((held for (_, each), held in self.blobs.items() if each == digest), None)
        return Response(404) if content is None else self._part(request, {}, content)

    def _upload(self, request: Request, repository: str, session: str) -> Response:
        if request.method == "POST":
            return self._begin_upload(request, repository)
        if self.uploads.get(session) != repository:
            return refuse(404, "BLOB_UPLOAD_UNKNOWN")
        if request.method == "GET":
            return self._status(204, repository, session)
        if request.method == "PATCH":
            return self._patch(request, repository, session)
        if request.method == "PUT" and request.body and self.whole is not None:
            return refuse(self.whole, "UNSUPPORTED")
        del self.uploads[session]
        content = self.arrived.pop(session) + request.body
        if request.method == "DELETE":
            return Response(204)
        digest = request.query.get("digest", "")
        if _digest(content) != digest:
            return refuse(400, "DIGEST_INVALID")
        self.blobs[repository, digest] = content
        self.stored.append(digest)
        return Response(201, {"Docker-Content-Digest": digest})

    def _patch(self, request: Request, repository: str, session: str) -> Response:
        start, _, end = request.headers["Content-Range"].partition("-")
        if int(start) != len(self.arrived[session]) or int(end) + 1 - int(start) != len(request.body):
            return refuse(416, "RANGE_INVALID")
        self.arrived[session] += request.body
        return self._status(202, repository, session)

    def _status(self, status: int, repository: str, session: str) -> Response:
        location = f"/v2/{repository}/blobs/uploads/{session}?_state={uuid.uuid4().hex}"
        return Response(
            status, {"Location": location, "Range": f"0-{max(0, len(self.arrived[session]) - 1)}"}
        )

    def break_off(self, path: str, body: bytes) -> None:
        """Be left in the middle of an upload's request: what came is kept, and told or not."""
        found = _UPLOADS.fullmatch(path)
        with self._lock:
            session = found["session"] if found else ""
            if session in self.arrived and self.tells_offset:
                self.arrived[session] += body
            elif session in self.arrived:
                del self.arrived[session], self.uploads[session]

    def _begin_upload(self, request: Request, repository: str) -> Response:
        digest, origin = request.query.get("mount", ""), request.query.get("from", "")
        may_read = not request.scopes or f"repository:{origin}:pull" in request.scopes
        if (origin, digest) in self.blobs and may_read:
            self.blobs[repository, digest] = self.blobs[origin, digest]
            return Response(201, {"Docker-Content-Digest": digest})
        session = uuid.uuid4().hex
        self.uploads[session], self.arrived[session] = repository, b""
        base = "" if self.relative_locations else self.base_url
        least = {"OCI-Chunk-Min-Length": str(self.least_chunk)} if self.least_chunk else {}
        location = f"{base}/v2/{repository}/blobs/uploads/{session}?_state=opaque"
        return Response(202, {"Location": location, **least})

    def _tags(self, request: Request, repository: str) -> Response:
        names = sorted(tag for name, tag in self.tags if name == repository)
        if not names:
            return refuse(404, "NAME_UNKNOWN")
        return self._page(request, "tags", names)

    def _page(self, request: Request, key: str, names: list[str]) -> Response:
        last, most = request.query.get("last", ""), int(request.query.get("n", "1000"))
        rest = [name for name in names if name > last]
        headers = {"Content-Type": "application/json"}
        if len(rest) > most:
            headers["Link"] = f'<{request.path}?n={most}&last={rest[most - 1]}>; rel="next"'
        return Response(200, headers, json.dumps({key: rest[:most]}).encode())


class Login:
    """Basic or Bearer authentication of a fake registry.

    ``tokens`` has the scopes of every token that is good now; clear it to revoke them all.
    """

    def __init__(self, scheme: str | None, credentials: Credentials | None) -> None:
        self.scheme = scheme
        self.credentials = credentials
        self.tokens: dict[str, tuple[str, ...]] = {}
        self.realm = ""
        self.expires_in: int | None = 300
        self._issued = 0

    def token(self, request: Request, scopes: list[str]) -> Response:
        """Answer as the token service does."""
        given = request.headers.get("Authorization")
        if given is not None and not self._is_right(given):
            return refuse(401, "UNAUTHORIZED")
        if given is None and self.credentials is not None:
            scopes = [scope for scope in scopes if scope.endswith(":pull")]
        self._issued += 1
        token = f"token-{self._issued}"
        self.tokens[token] = tuple(scopes)
        value = {"token": token, **({"expires_in": self.expires_in} if self.expires_in else {})}
        return Response(200, {"Content-Type": "application/json"}, json.dumps(value).encode())

    def admit(self, request: Request) -> tuple[Response | None, tuple[str, ...]]:
        """Return a refusal or None, and the scopes of the token."""
        if self.scheme is None or request.path.startswith("/cdn/"):
            return None, ()
        given = request.headers.get("Authorization", "")
        if self.scheme == "basic":
            challenge = 'Basic realm="fake"'
            return (None if self._is_right(given) else self._challenge(challenge)), ()
        scopes = self.tokens.get(given.partition(" ")[2])
        needed = _needed_scope(request)
        granted = {f"{scope.rpartition(':')[0]}:{each}" for scope in scopes or () for each in _actions(scope)}
        if scopes is not None and (not needed or needed in granted):
            return None, scopes
        return self._challenge(f'Bearer realm="{self.realm}",service="fake, inc.",scope="{needed}"'), ()

    def _challenge(self, value: str) -> Response:
        return refuse(401, "UNAUTHORIZED", **{"WWW-Authenticate": value})

    def _is_right(self, given: str) -> bool:
        if self.credentials is None:
            return False
        wanted = f"{self.credentials.username}:{self.credentials.password}".encode()
        return given == "Basic " + base64.b64encode(wanted).decode()


def _needed_scope(request: Request) -> str:
    found = re.match(rf"/v2/{_NAME}/(manifests|blobs|tags|referrers)/", request.path)
    if not found:
        return "registry:catalog:*" if request.path == "/v2/_catalog" else ""
    action = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}.get(request.method, "push")
    if "/uploads/" in request.path:
        action = "push"
    return f"repository:{found['repository']}:{action}"


def _actions(scope: str) -> list[str]:
    return scope.rpartition(":")[2].split(",")


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()

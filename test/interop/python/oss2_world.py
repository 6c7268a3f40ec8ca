"""oss2 and one bucket on the server."""
import oss2

from harness import ENDPOINT, KEY_ID, KEY_SECRET, REGION, SIGNATURE

AUTH = {'v1': oss2.Auth, 'v4': oss2.AuthV4}[SIGNATURE]


class World:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.auth = AUTH(KEY_ID, KEY_SECRET)
        self.service = oss2.Service(self.auth, ENDPOINT, region=REGION)
        self.bucket = self.another(name)
        self.bucket.create_bucket()

    def another(self, name, auth=None, **options):
        return oss2.Bucket(auth or self.auth, ENDPOINT, name, region=REGION, **options)

    def close(self):
        empty(self.bucket)


def empty(bucket):
    try:
        for upload in oss2.MultipartUploadIterator(bucket):
            bucket.abort_multipart_upload(upload.key, upload.upload_id)
        for each in oss2.ObjectIterator(bucket):
            bucket.delete_object(each.key)
        bucket.delete_bucket()
    except oss2.exceptions.NoSuchBucket:
        pass


def refused(call, *, status, code, **details):
    """The call has to be refused so; gives the error."""
    try:
        call()
    except oss2.exceptions.OssError as error:
        assert (error.status, error.code) == (status, code), f'{error.status} {error.code}: {error.message}'
        for name, value in details.items():
            assert error.details.get(name) == value, f'{name}: {error.details}'
        assert error.status == 304 or error.request_id
        return error
    raise AssertionError(f'not refused with {status} {code}')

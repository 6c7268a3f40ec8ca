"""alibabacloud-oss-v2 and one bucket on the server."""
import alibabacloud_oss_v2 as oss

from harness import AWKWARD_KEYS, ENDPOINT, KEY_ID, KEY_SECRET, REGION, SIGNATURE

# The HTTP library below this client resolves dot segments of a path after it was signed: such a key can't be sent by it.
KEYS = [key for key in AWKWARD_KEYS if key.split('/')[0] not in ('.', '..')]


def client(key_id=KEY_ID, key_secret=KEY_SECRET, **options):
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, key_secret)
    config.region = REGION
    config.endpoint = ENDPOINT
    config.signature_version = SIGNATURE
    for name, value in options.items():
        setattr(config, name, value)
    return oss.Client(config)


def stranger():
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.AnonymousCredentialsProvider()
    config.region = REGION
    config.endpoint = ENDPOINT
    return oss.Client(config)


class World:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.client = client()
        self.client.put_bucket(oss.PutBucketRequest(bucket=name))

    def put(self, key, body, **options):
        return self.client.put_object(oss.PutObjectRequest(bucket=self.name, key=key, body=body, **options))

    def get(self, key, **options):
        return self.client.get_object(oss.GetObjectRequest(bucket=self.name, key=key, **options))

    def content(self, key, **options):
        return self.get(key, **options).body.read()

    def head(self, key):
        return self.client.head_object(oss.HeadObjectRequest(bucket=self.name, key=key))

    def keys(self, **options):
        pages = self.client.list_objects_v2_paginator().iter_page(oss.ListObjectsV2Request(bucket=self.name, **options))
        return [each.key for page in pages for each in page.contents or []]

    def uploads(self):
        pages = self.client.list_multipart_uploads_paginator().iter_page(
            oss.ListMultipartUploadsRequest(bucket=self.name)
        )
        return [each for page in pages for each in page.uploads or []]

    def close(self):
        for each in self.uploads():
            self.client.abort_multipart_upload(
                oss.AbortMultipartUploadRequest(bucket=self.name, key=each.key, upload_id=each.upload_id)
            )
        for key in self.keys():
            self.client.delete_object(oss.DeleteObjectRequest(bucket=self.name, key=key))
        self.client.delete_bucket(oss.DeleteBucketRequest(bucket=self.name))


def refused(call, *, status, code):
    """The call has to be refused so; gives the error of the service."""
    try:
        call()
    except oss.exceptions.OperationError as error:
        inner = error.unwrap()
        assert isinstance(inner, oss.exceptions.ServiceError), repr(inner)
        assert (inner.status_code, inner.code) == (status, code), f'{inner.status_code} {inner.code}: {inner.message}'
        return inner
    raise AssertionError(f'not refused with {status} {code}')

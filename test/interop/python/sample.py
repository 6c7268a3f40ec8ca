"""The documented call in Python. Settings come from the environment, the file from the command line."""
import os
import sys

import oss2
from oss2.credentials import EnvironmentVariableCredentialsProvider

auth = {'v1': oss2.ProviderAuth, 'v4': oss2.ProviderAuthV4}[os.environ.get('OSS_SIGNATURE_VERSION', 'v4')]
bucket = oss2.Bucket(
    auth(EnvironmentVariableCredentialsProvider()),
    os.environ['OSS_ENDPOINT'],
    os.environ['OSS_BUCKET'],
    region=os.environ['OSS_REGION'],
)


def progress(consumed_bytes, total_bytes):
    if total_bytes:
        print(f'{100 * consumed_bytes // total_bytes} %')


result = oss2.resumable_upload(
    bucket,
    'exampledir/python.dat',
    sys.argv[1],
    store=oss2.ResumableStore(root=sys.argv[2], dir='uploads'),
    headers={'x-oss-storage-class': 'IA', 'x-oss-meta-author': 'python'},
    multipart_threshold=1024 * 1024,
    part_size=256 * 1024,
    progress_callback=progress,
    num_threads=4,
)
print(result.status, result.etag, result.crc)

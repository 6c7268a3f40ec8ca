"""One resumable upload by oss2, as its users write it: oss2_upload.py BUCKET KEY FILE PART_SIZE. SEQUENTIAL=1 begins it so."""
import os
import sys

import oss2

bucket_name, key, path, part_size = sys.argv[1:]
auth = {'v1': oss2.Auth, 'v4': oss2.AuthV4}[os.environ['OSS_SIGNATURE_VERSION']]
bucket = oss2.Bucket(
    auth(os.environ['OSS_ACCESS_KEY_ID'], os.environ['OSS_ACCESS_KEY_SECRET']),
    os.environ['OSS_ENDPOINT'], bucket_name, region=os.environ['OSS_REGION'],
)
sequential = os.environ.get('SEQUENTIAL') == '1'
oss2.resumable_upload(
    bucket, key, path, headers={'x-oss-meta-a': '1'}, multipart_threshold=0, part_size=int(part_size),
    num_threads=1 if sequential else 2, params={'sequential': ''} if sequential else None,
)

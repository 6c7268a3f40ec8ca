"""One upload with a checkpoint by alibabacloud-oss-v2: v2_upload.py BUCKET KEY FILE PART_SIZE."""
import os
import sys

import alibabacloud_oss_v2 as oss

bucket, key, path, part_size = sys.argv[1:]
config = oss.config.load_default()
config.credentials_provider = oss.credentials.StaticCredentialsProvider(
    os.environ['OSS_ACCESS_KEY_ID'], os.environ['OSS_ACCESS_KEY_SECRET']
)
config.region = os.environ['OSS_REGION']
config.endpoint = os.environ['OSS_ENDPOINT']
config.signature_version = os.environ['OSS_SIGNATURE_VERSION']
uploader = oss.Client(config).uploader(part_size=int(part_size), parallel_num=2, enable_checkpoint=True)
uploader.upload_file(oss.PutObjectRequest(bucket=bucket, key=key, metadata={'a': '1'}), filepath=path)

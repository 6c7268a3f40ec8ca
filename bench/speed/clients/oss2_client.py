"""oss2: the documented `resumable_upload`, with its CRC-64 on and its record on the disk."""
import json
import re
import resource
import sys
import time

import oss2

job = json.loads(sys.argv[-1])
auth = oss2.ProviderAuthV4(oss2.credentials.StaticCredentialsProvider("bench", "bench"))
bucket = oss2.Bucket(auth, job["endpoint"], job["bucket"], region="cn-hangzhou", is_path_style=True)
store = oss2.ResumableStore(root=job["store"])

begin = time.monotonic()
oss2.resumable_upload(
    bucket,
    job["key"],
    job["file"],
    store=store,
    multipart_threshold=1024 * 1024,
    part_size=job["partSize"],
    num_threads=job["parallel"],
)
seconds = time.monotonic() - begin

used = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/status") as status:
    peak = int(re.search(r"VmHWM:\s*(\d+)", status.read()).group(1)) / 1024
print(json.dumps({"seconds": seconds, "cpuSeconds": used.ru_utime + used.ru_stime, "peakMiB": peak}))

"""What alibabacloud-oss-v2 does with uploads in parts, resumable ones among them."""
import os
import signal
import subprocess
import sys

import alibabacloud_oss_v2 as oss

from harness import PART, equal, random_file, read
from v2_world import refused


def begin(world, key, **options):
    asked = oss.InitiateMultipartUploadRequest(bucket=world.name, key=key, **options)
    return world.client.initiate_multipart_upload(asked).upload_id


def send(world, key, upload_id, number, body):
    sent = world.client.upload_part(
        oss.UploadPartRequest(bucket=world.name, key=key, upload_id=upload_id, part_number=number, body=body)
    )
    return oss.UploadPart(part_number=number, etag=sent.etag)


def complete(world, key, upload_id, parts=None, **options):
    wanted = {} if parts is None else {'complete_multipart_upload': oss.CompleteMultipartUpload(parts=parts)}
    return world.client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(bucket=world.name, key=key, upload_id=upload_id, **wanted, **options)
    )


def whole(world):
    """parts: begin, send, list by pages, complete"""
    key = 'dir/中 +'
    contents = [os.urandom(PART + number) for number in range(5)]
    upload_id = begin(world, key, metadata={'a': '1'})
    parts = [send(world, key, upload_id, number, content) for number, content in enumerate(contents, 1)]
    pages = world.client.list_parts_paginator(limit=2).iter_page(
        oss.ListPartsRequest(bucket=world.name, key=key, upload_id=upload_id)
    )
    listed = [(part.part_number, part.size, part.etag) for page in pages for part in page.parts]
    equal(listed, [(part.part_number, PART + index, part.etag) for index, part in enumerate(parts)])
    equal([(each.key, each.upload_id) for each in world.uploads()], [(key, upload_id)])
    complete(world, key, upload_id, parts)
    head = world.head(key)
    equal((world.content(key), head.object_type, head.metadata['a']), (b''.join(contents), 'Multipart', '1'))


def odd_ends(world):
    """parts: all of them, too small ones, unknown ones, forbid-overwrite, an upload that is gone"""
    upload_id = begin(world, 'k')
    send(world, 'k', upload_id, 1, b'a' * PART)
    send(world, 'k', upload_id, 3, b'b')
    complete(world, 'k', upload_id, complete_all='yes')
    equal(world.content('k'), b'a' * PART + b'b')
    upload_id = begin(world, 'k')
    parts = [send(world, 'k', upload_id, number, b'x') for number in (1, 2)]
    refused(lambda: complete(world, 'k', upload_id, parts), status=400, code='EntityTooSmall')
    unknown = [oss.UploadPart(part_number=7, etag='"0123456789ABCDEF0123456789ABCDEF"')]
    refused(lambda: complete(world, 'k', upload_id, unknown), status=400, code='InvalidPart')
    refused(lambda: complete(world, 'k', upload_id, parts[:1], forbid_overwrite=True), status=409, code='FileAlreadyExists')
    refused(lambda: begin(world, 'k', forbid_overwrite=True), status=409, code='FileAlreadyExists')
    world.client.abort_multipart_upload(
        oss.AbortMultipartUploadRequest(bucket=world.name, key='k', upload_id=upload_id)
    )
    refused(lambda: send(world, 'k', upload_id, 1, b'x'), status=404, code='NoSuchUpload')


def copied(world):
    """parts: copied from objects, whole and by range"""
    content = os.urandom(3 * PART)
    world.put('source', content)
    upload_id = begin(world, 'k')
    parts = []
    for number, source_range in [(1, None), (2, f'bytes=10-{PART + 9}')]:
        result = world.client.upload_part_copy(oss.UploadPartCopyRequest(
            bucket=world.name, key='k', upload_id=upload_id, part_number=number, source_key='source',
            source_range=source_range,
        ))
        parts.append(oss.UploadPart(part_number=number, etag=result.etag))
    complete(world, 'k', upload_id, parts)
    equal(world.content('k'), content + content[10:PART + 10])


KILLED = '''
import os, signal, sys
import alibabacloud_oss_v2 as oss
from v2_world import World
name, folder, path, kind = sys.argv[1:]
world = World(name, folder)
def kill(increment, consumed, total):
    if total and consumed > total // 2:
        os.kill(os.getpid(), signal.SIGKILL)
if kind == 'up':
    world.client.uploader(part_size=102400, parallel_num=2, enable_checkpoint=True, checkpoint_dir=folder).upload_file(
        oss.PutObjectRequest(bucket=name, key='k', progress_fn=kill), filepath=path)
else:
    world.client.downloader(part_size=102400, parallel_num=2, enable_checkpoint=True, checkpoint_dir=folder).download_file(
        oss.GetObjectRequest(bucket=name, key='k', progress_fn=kill), filepath=path)
'''


def killed(world, path, kind):
    ended = subprocess.run(
        [sys.executable, '-c', KILLED, world.name, world.folder, path, kind],
        cwd=os.path.dirname(os.path.abspath(__file__)), timeout=120,
    )
    equal(ended.returncode, -signal.SIGKILL)


def uploaded(world):
    """uploader: a file around its part size, and one killed half-way that goes on"""
    for size in [0, 1, PART, PART + 1, 5 * PART]:
        path = random_file(world.folder, size)
        world.client.uploader(part_size=PART).upload_file(
            oss.PutObjectRequest(bucket=world.name, key='dir/中 +'), filepath=path
        )
        equal(world.content('dir/中 +'), read(path))
    path = random_file(world.folder, 20 * PART + 1)
    killed(world, path, 'up')
    (upload,) = world.uploads()
    sent = []
    result = world.client.uploader(part_size=PART, parallel_num=2, enable_checkpoint=True, checkpoint_dir=world.folder).upload_file(
        oss.PutObjectRequest(bucket=world.name, key='k', progress_fn=lambda increment, consumed, total: sent.append(increment)),
        filepath=path,
    )
    equal(result.upload_id, upload.upload_id)
    equal(world.content('k'), read(path))
    equal(world.uploads(), [])


def downloaded(world):
    """downloader: killed half-way, goes on; the file is right"""
    path = random_file(world.folder, 20 * PART + 1)
    world.client.put_object_from_file(oss.PutObjectRequest(bucket=world.name, key='k'), path)
    target = os.path.join(world.folder, 'target')
    killed(world, target, 'down')
    world.client.downloader(
        part_size=PART, parallel_num=3, enable_checkpoint=True, checkpoint_dir=world.folder, verify_data=True,
    ).download_file(oss.GetObjectRequest(bucket=world.name, key='k'), filepath=target)
    equal(read(target), read(path))


TESTS = [whole, odd_ends, copied, uploaded, downloaded]

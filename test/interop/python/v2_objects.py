"""What alibabacloud-oss-v2 does with single objects."""
import base64
import datetime
import hashlib
import os
import urllib.error
import urllib.parse
import urllib.request

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.crypto.master_rsa_cipher import MasterRsaCipher
from alibabacloud_oss_v2.encryption_client import EncryptionClient
from Crypto.PublicKey import RSA

from harness import KEY_ID, MIB, equal, random_file, read
from v2_world import KEYS, client, refused, stranger


def put_and_get(world):
    """object: put, get, head, exists and delete, for awkward keys"""
    for key in KEYS:
        content = os.urandom(1000)
        put = world.put(key, content, metadata={'one': '1'})
        equal(put.etag.strip('"'), hashlib.md5(content).hexdigest().upper())
        got = world.get(key)
        equal((got.body.read(), got.metadata['one'], got.hash_crc64), (content, '1', put.hash_crc64))
        head = world.head(key)
        equal((head.content_length, head.object_type), (1000, 'Normal'))
        assert world.client.is_object_exist(world.name, key)
        equal(world.client.delete_object(oss.DeleteObjectRequest(bucket=world.name, key=key)).status_code, 204)
        assert not world.client.is_object_exist(world.name, key)
        refused(lambda: world.get(key), status=404, code='NoSuchKey')


def from_files(world):
    """object: put from a file, a stream and an empty body; get to a file"""
    path = random_file(world.folder, 3 * MIB + 7)
    world.client.put_object_from_file(oss.PutObjectRequest(bucket=world.name, key='file'), path)
    target = os.path.join(world.folder, 'target')
    world.client.get_object_to_file(oss.GetObjectRequest(bucket=world.name, key='file'), target)
    equal(read(target), read(path))
    world.put('chunked', iter([b'one', b'two', b'three']))
    equal(world.content('chunked'), b'onetwothree')
    world.put('empty', b'')
    equal(world.content('empty'), b'')
    with world.client.open_file(world.name, 'file') as opened:
        opened.seek(MIB)
        equal(opened.read(10), read(path)[MIB:MIB + 10])


def ranges(world):
    """object: ranges, those that the service ignores among them"""
    content = os.urandom(1000)
    world.put('k', content)
    for asked, status, expected in [
        ('bytes=0-0', 206, content[:1]), ('bytes=-10', 206, content[990:]), ('bytes=900-', 206, content[900:]),
        ('bytes=0-1000', 200, content), ('bytes=5000-', 200, content), ('nonsense', 200, content),
    ]:
        got = world.get('k', range_header=asked)
        equal((asked, got.status_code, got.body.read()), (asked, status, expected))
    got = world.get('k', range_header='bytes=990-5000', range_behavior='standard')
    equal((got.status_code, got.body.read()), (206, content[990:]))
    refused(
        lambda: world.get('k', range_header='bytes=1000-', range_behavior='standard'), status=416, code='InvalidRange'
    )


def conditions(world):
    """object: conditions on get"""
    etag = world.put('k', b'x').etag
    equal(world.content('k', if_match=etag), b'x')
    refused(lambda: world.get('k', if_match='"OTHER"'), status=412, code='PreconditionFailed')
    past = 'Fri, 24 Feb 2012 06:38:30 GMT'
    refused(lambda: world.get('k', if_unmodified_since=past), status=412, code='PreconditionFailed')
    try:
        world.get('k', if_none_match=etag)
    except oss.exceptions.OperationError as error:
        equal(error.unwrap().status_code, 304)
    else:
        raise AssertionError('the object, in spite of its ETag')


def headers(world):
    """object: headers are kept, and overridden on request"""
    world.put(
        'k', b'x', content_type='text/x-odd', cache_control='no-cache', content_disposition='attachment',
        content_encoding='x-none', expires='Fri, 28 Feb 2042 05:38:42 GMT', storage_class='IA', metadata={'a': '1'},
    )
    head = world.head('k')
    equal((head.content_type, head.cache_control, head.content_disposition), ('text/x-odd', 'no-cache', 'attachment'))
    equal((head.content_encoding, head.storage_class, head.metadata['a']), ('x-none', 'IA', '1'))
    got = world.get('k', response_content_type='a/b', response_cache_control='max-age=1')
    equal((got.content_type, got.cache_control), ('a/b', 'max-age=1'))
    meta = world.client.get_object_meta(oss.GetObjectMetaRequest(bucket=world.name, key='k'))
    equal((meta.content_length, meta.hash_crc64), (1, head.hash_crc64))


def digests(world):
    """object: a wrong Content-MD5 is refused"""
    right = base64.b64encode(hashlib.md5(b'x').digest()).decode()
    world.put('k', b'x', content_md5=right)
    refused(lambda: world.put('k', b'y', content_md5=right), status=400, code='InvalidDigest')


def forbid_overwrite(world):
    """object: forbid-overwrite"""
    world.put('k', b'x', forbid_overwrite=True)
    refused(lambda: world.put('k', b'y', forbid_overwrite=True), status=409, code='FileAlreadyExists')
    equal(world.content('k'), b'x')


def copies(world):
    """object: copy, with conditions and with other metadata; the copier for large ones"""
    source = 'dir/中 +%&?'
    etag = world.put(source, b'content', metadata={'a': '1'}, tagging='t=1').etag
    copy = lambda key, **options: world.client.copy_object(
        oss.CopyObjectRequest(bucket=world.name, key=key, source_key=source, **options)
    )
    equal(copy('copy').etag, etag)
    equal((world.content('copy'), world.head('copy').metadata['a'], world.head('copy').tagging_count), (b'content', '1', 1))
    copy('replaced', metadata_directive='REPLACE', metadata={'b': '2'}, tagging_directive='REPLACE', tagging='u=1&v=2')
    head = world.head('replaced')
    equal((head.metadata.get('a'), head.metadata['b'], head.tagging_count), (None, '2', 2))
    refused(lambda: copy('x', if_match='"OTHER"'), status=412, code='PreconditionFailed')
    content = os.urandom(MIB)
    world.put('large', content)
    world.client.copier().copy(
        oss.CopyObjectRequest(bucket=world.name, key='far', source_key='large'),
        multipart_copy_threshold=200 * 1024, part_size=200 * 1024, disable_shallow_copy=True,
    )
    equal((world.content('far'), world.head('far').object_type), (content, 'Multipart'))


def appends(world):
    """object: append, where it ends and where it does not"""
    append = lambda position, body: world.client.append_object(
        oss.AppendObjectRequest(bucket=world.name, key='log', position=position, body=body)
    )
    equal(append(0, b'hello ').next_position, 6)
    equal(append(6, b'world').next_position, 11)
    refused(lambda: append(3, b'x'), status=409, code='PositionNotEqualToLength')
    equal((world.content('log'), world.head('log').object_type), (b'hello world', 'Appendable'))
    with world.client.append_file(world.name, 'log') as opened:
        opened.write(b'!')
    equal(world.content('log'), b'hello world!')


def symlinks(world):
    """object: symlinks, followed and not"""
    world.put('dir/目标 +', b'content')
    # This client leaves the encoding of the target to its caller.
    target = urllib.parse.quote('dir/目标 +')
    world.client.put_symlink(oss.PutSymlinkRequest(bucket=world.name, key='link', symlink_target=target))
    got = world.client.get_symlink(oss.GetSymlinkRequest(bucket=world.name, key='link'))
    equal(urllib.parse.unquote(got.target), 'dir/目标 +')
    equal(world.content('link'), b'content')
    world.client.put_symlink(oss.PutSymlinkRequest(bucket=world.name, key='dangling', symlink_target='nowhere'))
    refused(lambda: world.get('dangling'), status=404, code='SymlinkTargetNotExist')


def acls(world):
    """object: ACLs, and what they let a stranger do"""
    world.put('k', b'x')
    get = lambda: world.client.get_object_acl(oss.GetObjectAclRequest(bucket=world.name, key='k')).acl
    equal(get(), 'default')
    for acl in ['private', 'public-read-write', 'default', 'public-read']:
        world.client.put_object_acl(oss.PutObjectAclRequest(bucket=world.name, key='k', acl=acl))
        equal(get(), acl)
    equal(stranger().get_object(oss.GetObjectRequest(bucket=world.name, key='k')).body.read(), b'x')


def tags(world):
    """object: tags"""
    world.put('k', b'x')
    wanted = [('+:/', ' + '), ('a', ''), ('中', '文')]
    tagging = oss.Tagging(tag_set=oss.TagSet(tags=[oss.Tag(key=key, value=value) for key, value in wanted]))
    world.client.put_object_tagging(oss.PutObjectTaggingRequest(bucket=world.name, key='k', tagging=tagging))
    ask = lambda: world.client.get_object_tagging(oss.GetObjectTaggingRequest(bucket=world.name, key='k'))
    equal(sorted((tag.key, tag.value or '') for tag in ask().tag_set.tags), wanted)
    world.client.delete_object_tagging(oss.DeleteObjectTaggingRequest(bucket=world.name, key='k'))
    equal(ask().tag_set.tags or [], [])


def delete_many(world):
    """object: delete many at once, awkward and absent keys among them, loudly and quietly"""
    for quiet in [False, True]:
        for key in KEYS:
            world.put(key, b'x')
        asked = KEYS + ['absent']
        result = world.client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(
            bucket=world.name, objects=[oss.DeleteObject(key=key) for key in asked], quiet=quiet,
        ))
        equal(sorted(each.key for each in result.deleted_objects or []), [] if quiet else sorted(asked))
        equal(world.keys(), [])


def presigned(world):
    """object: presigned URLs to put and get; a changed or old one is refused"""
    key = 'dir/signed ü+'
    put = world.client.presign(oss.PutObjectRequest(bucket=world.name, key=key, content_type='text/x-a'))
    request = urllib.request.Request(put.url, b'hello', put.signed_headers or {}, method=put.method)
    request.add_header('Content-Type', 'text/x-a')
    with urllib.request.urlopen(request) as answer:
        equal(answer.status, 200)
    got = world.client.presign(oss.GetObjectRequest(bucket=world.name, key=key), expires=datetime.timedelta(minutes=1))
    with urllib.request.urlopen(got.url) as answer:
        equal((answer.read(), answer.headers['Content-Type']), (b'hello', 'text/x-a'))
    try:
        urllib.request.urlopen(got.url.replace('signed', 'other'))
    except urllib.error.HTTPError as error:
        equal(error.code, 403)
    else:
        raise AssertionError('a URL that was not signed so')


def encrypted(world):
    """object: encrypted by the client before it is sent, and decrypted after"""
    pair = RSA.generate(1024)
    cipher = MasterRsaCipher(
        mat_desc={'tag': 'value'}, public_key=pair.publickey().export_key().decode(),
        private_key=pair.export_key().decode(),
    )
    secret = EncryptionClient(world.client, cipher)
    secret.put_object(oss.PutObjectRequest(bucket=world.name, key='k', body=b'hello world'))
    assert world.content('k') != b'hello world'
    got = secret.get_object(oss.GetObjectRequest(bucket=world.name, key='k'))
    equal(got.body.read(), b'hello world')


def refusals(world):
    """object: wrong keys are refused in the service's words"""
    wrong = client(KEY_ID, 'wrong')
    ask = lambda who, bucket: who.get_object(oss.GetObjectRequest(bucket=bucket, key='k'))
    error = refused(lambda: ask(wrong, world.name), status=403, code='SignatureDoesNotMatch')
    assert error.request_id and error.ec, vars(error)
    refused(lambda: ask(client('nobody', 'x'), world.name), status=403, code='InvalidAccessKeyId')
    refused(lambda: ask(world.client, 'there-is-no-such-bucket'), status=404, code='NoSuchBucket')


TESTS = [
    put_and_get, from_files, ranges, conditions, headers, digests, forbid_overwrite, copies, appends, symlinks, acls, tags,
    delete_many, presigned, encrypted, refusals,
]

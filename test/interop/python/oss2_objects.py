"""What oss2 does with single objects."""
import base64
import hashlib
import http.client
import json
import os
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import oss2
from oss2.models import Tagging, TaggingRule

from harness import AWKWARD_KEYS, ENDPOINT, MIB, equal, random_file, read
from oss2_world import refused


def put_and_get(world):
    """object: put, get, head, exists and delete, for awkward keys"""
    for key in AWKWARD_KEYS:
        content = os.urandom(1000)
        put = world.bucket.put_object(key, content, headers={'x-oss-meta-one': '1'})
        equal(put.etag, hashlib.md5(content).hexdigest().upper())
        got = world.bucket.get_object(key)
        equal(got.read(), content)
        equal((got.etag, got.headers['x-oss-meta-one'], got.server_crc), (put.etag, '1', put.crc))
        head = world.bucket.head_object(key)
        equal((head.content_length, head.object_type), (1000, 'Normal'))
        assert world.bucket.object_exists(key)
        equal(world.bucket.delete_object(key).status, 204)
        equal(world.bucket.delete_object(key).status, 204)
        assert not world.bucket.object_exists(key)
        refused(lambda: world.bucket.get_object(key), status=404, code='NoSuchKey')


def from_files(world):
    """object: put from a file, a generator and an empty body; get to a file"""
    path = random_file(world.folder, 3 * MIB + 7)
    world.bucket.put_object_from_file('file', path)
    target = os.path.join(world.folder, 'target')
    world.bucket.get_object_to_file('file', target)
    equal(read(target), read(path))
    world.bucket.put_object('chunked', (chunk for chunk in [b'one', b'two', b'', b'three']))
    equal(world.bucket.get_object('chunked').read(), b'onetwothree')
    world.bucket.put_object('empty', b'')
    equal(world.bucket.get_object('empty').read(), b'')


def ranges(world):
    """object: ranges, those that the service ignores among them"""
    content = os.urandom(1000)
    world.bucket.put_object('k', content)
    for asked, start, end in [((0, 0), 0, 1), ((10, 19), 10, 20), ((900, None), 900, 1000), ((None, 10), 990, 1000)]:
        got = world.bucket.get_object('k', byte_range=asked)
        equal((got.status, got.read()), (206, content[start:end]))
    for asked in [(0, 1000), (1000, 1001), (5000, None)]:
        got = world.bucket.get_object('k', byte_range=asked)
        equal((got.status, got.read()), (200, content))
    standard = {'x-oss-range-behavior': 'standard'}
    got = world.bucket.get_object('k', byte_range=(990, 5000), headers=standard)
    equal((got.status, got.read()), (206, content[990:]))
    refused(
        lambda: world.bucket.get_object('k', byte_range=(1000, 1001), headers=standard),
        status=416, code='InvalidRange',
    )


def conditions(world):
    """object: conditions on get and head"""
    etag = world.bucket.put_object('k', b'x').etag
    now = time.time()
    past, future = oss2.http_date(int(now - 3600)), oss2.http_date(int(now + 3600))
    for headers in [{'If-Match': etag}, {'If-None-Match': 'OTHER'}, {'If-Modified-Since': past}, {'If-Unmodified-Since': future}]:
        equal(world.bucket.get_object('k', headers=headers).read(), b'x')
    for headers in [{'If-Match': 'OTHER'}, {'If-Unmodified-Since': past}]:
        refused(lambda: world.bucket.get_object('k', headers=headers), status=412, code='PreconditionFailed')
    for headers in [{'If-None-Match': etag}, {'If-Modified-Since': future}]:
        try:
            world.bucket.get_object('k', headers=headers)
        except oss2.exceptions.NotModified as error:
            equal(error.status, 304)
        else:
            raise AssertionError(f'{headers} gave the object')


def headers(world):
    """object: headers are kept, and overridden on request"""
    kept = {
        'Content-Type': 'text/x-odd', 'Cache-Control': 'no-cache', 'Content-Disposition': 'attachment; filename="a b"',
        'Content-Encoding': 'x-none', 'Content-Language': 'de', 'Expires': 'Fri, 28 Feb 2042 05:38:42 GMT',
        'x-oss-meta-word': 'value', 'x-oss-storage-class': 'IA',
    }
    world.bucket.put_object('k', b'x', headers=kept)
    head = world.bucket.head_object('k').headers
    for name, value in kept.items():
        equal(head[name], value)
    got = world.bucket.get_object('k', params={
        'response-content-type': 'a/b', 'response-cache-control': 'max-age=1', 'response-content-disposition': 'inline',
        'response-content-language': 'fr', 'response-content-encoding': 'y', 'response-expires': 'never',
    })
    equal([got.headers[name] for name in ['Content-Type', 'Cache-Control', 'Content-Disposition']], ['a/b', 'max-age=1', 'inline'])
    equal([got.headers[name] for name in ['Content-Language', 'Content-Encoding', 'Expires']], ['fr', 'y', 'never'])
    world.bucket.update_object_meta('k', {'x-oss-meta-word': 'other', 'Content-Type': 'text/plain'})
    head = world.bucket.head_object('k')
    equal((head.headers['x-oss-meta-word'], head.content_type), ('other', 'text/plain'))
    meta = world.bucket.get_object_meta('k')
    equal((meta.content_length, meta.headers.get('x-oss-meta-word')), (1, None))


def digests(world):
    """object: a wrong Content-MD5 is refused, a right one is not"""
    right = base64.b64encode(hashlib.md5(b'x').digest()).decode()
    equal(world.bucket.put_object('k', b'x', headers={'Content-MD5': right}).status, 200)
    refused(
        lambda: world.bucket.put_object('k', b'y', headers={'Content-MD5': right}), status=400, code='InvalidDigest'
    )
    equal(world.bucket.get_object('k').read(), b'x')


def forbid_overwrite(world):
    """object: forbid-overwrite on put, copy, symlink and append"""
    never = {'x-oss-forbid-overwrite': 'true'}
    world.bucket.put_object('k', b'x', headers=never)
    world.bucket.put_object('other', b'y')
    for call in [
        lambda: world.bucket.put_object('k', b'z', headers=never),
        lambda: world.bucket.copy_object(world.name, 'other', 'k', headers=never),
        lambda: world.bucket.put_symlink('other', 'k', headers=never),
    ]:
        refused(call, status=409, code='FileAlreadyExists')
    equal(world.bucket.get_object('k').read(), b'x')


def copies(world):
    """object: copy, with conditions, with other metadata, between buckets, onto itself"""
    source = 'dir/中 +%&?'
    etag = world.bucket.put_object(source, b'content', headers={'x-oss-meta-a': '1', 'Content-Type': 'text/x-a'}).etag
    equal(world.bucket.copy_object(world.name, source, 'copy').etag, etag)
    head = world.bucket.head_object('copy')
    equal((head.headers['x-oss-meta-a'], head.content_type), ('1', 'text/x-a'))
    world.bucket.copy_object(
        world.name, source, 'replaced', headers={'x-oss-metadata-directive': 'REPLACE', 'x-oss-meta-b': '2'}
    )
    head = world.bucket.head_object('replaced').headers
    equal((head.get('x-oss-meta-a'), head['x-oss-meta-b']), (None, '2'))
    far = world.another(world.name + '-far')
    far.create_bucket()
    far.copy_object(world.name, source, 'k')
    world.bucket.delete_object(source)
    equal(far.get_object('k').read(), b'content')
    far.delete_object('k')
    far.delete_bucket()
    refused(lambda: world.bucket.copy_object(world.name, source, 'x'), status=404, code='NoSuchKey')
    refused(
        lambda: world.bucket.copy_object(world.name, 'copy', 'x', headers={'x-oss-copy-source-if-match': 'OTHER'}),
        status=412, code='PreconditionFailed',
    )
    try:
        world.bucket.copy_object(world.name, 'copy', 'x', headers={'x-oss-copy-source-if-none-match': etag})
    except oss2.exceptions.NotModified as error:
        equal(error.status, 304)
    else:
        raise AssertionError('a copy in spite of its condition')


def appends(world):
    """object: append, where it ends and where it does not, and its checksum"""
    first = world.bucket.append_object('log', 0, b'hello ', headers={'x-oss-meta-a': '1'})
    equal(first.next_position, 6)
    second = world.bucket.append_object('log', 6, b'world', init_crc=first.crc)
    equal(second.next_position, 11)
    error = refused(
        lambda: world.bucket.append_object('log', 3, b'x'), status=409, code='PositionNotEqualToLength'
    )
    equal(error.next_position, 11)
    got = world.bucket.get_object('log')
    equal((got.read(), got.headers['x-oss-object-type'], got.headers['x-oss-meta-a']), (b'hello world', 'Appendable', '1'))
    equal(got.headers['x-oss-next-append-position'], '11')
    world.bucket.put_object('normal', b'x')
    refused(lambda: world.bucket.append_object('normal', 1, b'y'), status=409, code='ObjectNotAppendable')


def symlinks(world):
    """object: symlinks, followed and not"""
    world.bucket.put_object('dir/目标 +', b'content')
    world.bucket.put_symlink('dir/目标 +', 'link')
    equal(world.bucket.get_symlink('link').target_key, 'dir/目标 +')
    equal(world.bucket.get_object('link').read(), b'content')
    equal(world.bucket.head_object('link').content_length, 7)
    world.bucket.put_symlink('nowhere', 'dangling')
    refused(lambda: world.bucket.get_object('dangling'), status=404, code='SymlinkTargetNotExist')
    refused(lambda: world.bucket.get_symlink('dir/目标 +'), status=400, code='NotSymlink')


def acls(world):
    """object: ACLs, and what they let a stranger do"""
    anonymous = world.another(world.name, oss2.AnonymousAuth())
    world.bucket.put_object('k', b'x')
    equal(world.bucket.get_object_acl('k').acl, 'default')
    refused(lambda: anonymous.get_object('k'), status=403, code='AccessDenied')
    for acl in ['private', 'public-read', 'public-read-write', 'default', 'public-read']:
        world.bucket.put_object_acl('k', acl)
        equal(world.bucket.get_object_acl('k').acl, acl)
    equal(anonymous.get_object('k').read(), b'x')
    refused(lambda: world.bucket.put_object_acl('k', 'nonsense'), status=400, code='InvalidArgument')


def tags(world):
    """object: tags, set alone and with the object"""
    rule = TaggingRule()
    for key, value in [('a', ''), ('+:/', ' + '), ('中', '文')]:
        rule.add(key, value)
    world.bucket.put_object('k', b'x')
    world.bucket.put_object_tagging('k', Tagging(rule))
    equal(world.bucket.get_object_tagging('k').tag_set.tagging_rule, rule.tagging_rule)
    equal(world.bucket.head_object('k').headers['x-oss-tagging-count'], '3')
    world.bucket.delete_object_tagging('k')
    equal(world.bucket.get_object_tagging('k').tag_set.tagging_rule, {})
    world.bucket.put_object('k', b'x', headers={'x-oss-tagging': 'a=1&b=2'})
    equal(world.bucket.get_object_tagging('k').tag_set.tagging_rule, {'a': '1', 'b': '2'})
    for bad in ['=a', 'k' * 129 + '=1', 'k=' + 'v' * 257, 'a=1&a=2', '&'.join(f'k{n}=1' for n in range(11))]:
        try:
            world.bucket.put_object('k', b'x', headers={'x-oss-tagging': bad})
        except oss2.exceptions.ServerError as error:
            equal(error.status, 400)
        else:
            raise AssertionError(f'{bad} was taken for tags')


def delete_many(world):
    """object: delete many at once, awkward and absent keys among them"""
    for key in AWKWARD_KEYS:
        world.bucket.put_object(key, b'x')
    asked = AWKWARD_KEYS + ['absent']
    equal(sorted(world.bucket.batch_delete_objects(asked).deleted_keys), sorted(asked))
    equal(list(oss2.ObjectIterator(world.bucket)), [])


def signed_urls(world):
    """object: signed URLs to get, put and head; expired and changed ones are refused"""
    key = 'dir/signed ü+'
    put = world.bucket.sign_url('PUT', key, 60, slash_safe=True, headers={'Content-Type': 'text/x-a'})
    with urllib.request.urlopen(urllib.request.Request(put, b'hello', {'Content-Type': 'text/x-a'}, method='PUT')) as answer:
        equal(answer.status, 200)
    for slash_safe in [True, False]:
        with urllib.request.urlopen(world.bucket.sign_url('GET', key, 60, slash_safe=slash_safe)) as answer:
            equal((answer.read(), answer.headers['Content-Type']), (b'hello', 'text/x-a'))
    url = world.bucket.sign_url('GET', key, 60, params={'response-content-type': 'x/y'})
    with urllib.request.urlopen(url) as answer:
        equal(answer.headers['Content-Type'], 'x/y')
    for bad in [url.replace('x%2Fy', 'z%2Fy'), world.bucket.sign_url('GET', key, -3600)]:
        try:
            urllib.request.urlopen(bad)
        except urllib.error.HTTPError as error:
            assert error.code in (400, 403), error.code
        else:
            raise AssertionError('a URL that was not signed so')


def callbacks(world):
    """object: a callback's answer becomes the answer; one that fails leaves the object"""
    heard = []

    class Application(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(self.rfile.read(int(self.headers['Content-Length'])).decode())
            body = b'{"Status":"OK"}' if self.path == '/good' else b'{}'
            self.send_response(200 if self.path == '/good' else 500)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    application = HTTPServer(('127.0.0.1', 0), Application)
    threading.Thread(target=application.serve_forever, daemon=True).start()

    def headers_for(path):
        callback = {
            'callbackUrl': f'http://127.0.0.1:{application.server_port}{path}',
            'callbackBody': 'bucket=${bucket}&object=${object}&size=${size}&mine=${x:mine}',
            'callbackBodyType': 'application/x-www-form-urlencoded',
        }
        encode = lambda value: base64.b64encode(json.dumps(value).encode()).decode()
        return {'x-oss-callback': encode(callback), 'x-oss-callback-var': encode({'x:mine': 'hi'})}

    try:
        result = world.bucket.put_object('dir/k', b'12345', headers=headers_for('/good'))
        equal(json.loads(result.resp.read()), {'Status': 'OK'})
        # Values in a form are encoded as those of a form.
        told = urllib.parse.parse_qs(heard[0])
        equal(told, {'bucket': [world.name], 'object': ['dir/k'], 'size': ['5'], 'mine': ['hi']})
        failed = world.bucket.put_object('k2', b'x', headers=headers_for('/bad'))
        equal(failed.status, 203)
        equal(world.bucket.get_object('k2').read(), b'x')
    finally:
        application.shutdown()


def refusals(world):
    """object: wrong keys, no keys and a wrong clock are refused in the service's words"""
    auth = type(world.auth)
    from harness import KEY_ID
    wrong = world.another(world.name, auth(KEY_ID, 'wrong'))
    refused(lambda: wrong.put_object('k', b'x' * MIB), status=403, code='SignatureDoesNotMatch')
    unknown = world.another(world.name, auth('nobody', 'wrong'))
    refused(lambda: unknown.put_object('k', b'x'), status=403, code='InvalidAccessKeyId')
    missing = world.another('there-is-no-such-bucket')
    refused(lambda: missing.put_object('k', b'x'), status=404, code='NoSuchBucket')
    refused(lambda: world.bucket.get_object('absent'), status=404, code='NoSuchKey', Key='absent')


TESTS = [
    put_and_get, from_files, ranges, conditions, headers, digests, forbid_overwrite, copies, appends, symlinks, acls, tags,
    delete_many, signed_urls, callbacks, refusals,
]

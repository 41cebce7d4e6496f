import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReservedPort, reservePort } from '../reserve-port.ts'

/** Where Debian installs programs that only root runs. */
const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`

/** A running program of the machine. A stopped one keeps its port until it is disposed of. */
export interface Part extends AsyncDisposable {
  readonly port: number
  stop(): Promise<void>
}

/** A folder that is removed when the test ends. */
export const folder = (): { readonly path: string } & Disposable => {
  const made = mkdtempSync(join(tmpdir(), 'meshery-live-'))
  return { path: made, [Symbol.dispose]: () => rmSync(made, { recursive: true, force: true }) }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (answered: boolean): void => {
      socket.destroy()
      resolve(answered)
    }
    socket.once('connect', () => finish(true))
    socket.once('error', () => finish(false))
  })

async function start(command: string, args: readonly string[], reserved: ReservedPort): Promise<Part> {
  const { port } = reserved
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, PATH: path } })
  let said = ''
  child.stderr.on('data', (text) => {
    said += String(text)
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  while (!(await answers(port))) {
    if (isOver) throw new Error(`${command} did not start: ${said}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  const dispose = async (): Promise<void> => {
    await stop()
    reserved[Symbol.dispose]()
  }
  return { port, stop, [Symbol.asyncDispose]: dispose }
}

/** nginx in the foreground with these `server` blocks' contents; `PORT` in them is its port. */
export async function nginx(dir: string, http: string): Promise<Part> {
  const reserved = await reservePort()
  const { port } = reserved
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${dir}/${kind};`)
    .join(' ')
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  const file = join(dir, `nginx-${port}.conf`)
  writeFileSync(
    file,
    `${user} daemon off; master_process off; pid ${dir}/nginx-${port}.pid; error_log stderr warn;
     events { worker_connections 256; }
     http { access_log off; ${temporary} ${http.replaceAll('PORT', `${port}`)} }`,
  )
  return start('nginx', ['-c', file, '-p', dir], reserved)
}

/** tinyproxy, with these lines of configuration added. */
export async function tinyproxy(dir: string, lines = ''): Promise<Part> {
  const reserved = await reservePort()
  const { port } = reserved
  const file = join(dir, `tinyproxy-${port}.conf`)
  writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nTimeout 600\nMaxClients 100\nLogLevel Critical\n${lines}\n`)
  return start('tinyproxy', ['-d', '-c', file], reserved)
}

/** squid with these lines of configuration. */
async function startSquid(dir: string, lines: string): Promise<Part> {
  const reserved = await reservePort()
  const { port } = reserved
  const file = join(dir, `squid-${port}.conf`)
  writeFileSync(
    file,
    `http_port 127.0.0.1:${port}
${lines}
cache deny all
cache_log /dev/null
pid_filename none
coredump_dir ${dir}
memory_cache_shared off
shutdown_lifetime 0 seconds
`,
  )
  // squid gives up root, and has to read and write in the folder after that.
  chmodSync(dir, 0o777)
  return start('squid', ['-N', '-n', `test${port}`, '-f', file], reserved)
}

/** squid, which requires the user `corp` with this password, with rules that come before that. */
export async function squid(dir: string, password: string, rules = ''): Promise<Part> {
  const users = join(dir, 'users')
  const hash = execFileSync('openssl', ['passwd', '-apr1', password], { encoding: 'utf8' }).trim()
  writeFileSync(users, `corp:${hash}\n`, { mode: 0o644 })
  return startSquid(
    dir,
    `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${users}
acl known proxy_auth REQUIRED
${rules}
http_access allow known
http_access deny all
access_log none`,
  )
}

/** squid, which lets everything pass, knows this host name as 127.0.0.1, and logs each request. */
export async function openSquid(dir: string, name: string): Promise<Part> {
  const hosts = join(dir, 'hosts')
  writeFileSync(hosts, `127.0.0.1 ${name}\n`, { mode: 0o644 })
  return startSquid(
    dir,
    `hosts_file ${hosts}
http_access allow all
access_log stdio:${accessLog(dir)}
buffered_logs off`,
  )
}

const accessLog = (dir: string): string => join(dir, 'squid-access.log')

/** The requests that `openSquid` has logged. */
export const accessOf = (dir: string): readonly string[] =>
  existsSync(accessLog(dir))
    ? readFileSync(accessLog(dir), 'utf8')
        .split('\n')
        .filter((line) => / (CONNECT|GET|POST) /.test(line))
    : []

export interface Certificates {
  /** PEM of the authority. */
  readonly ca: string
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

const openssl = (args: readonly string[]): void => {
  execFileSync('openssl', args, { stdio: 'ignore', env: { ...process.env, PATH: path } })
}

/** An authority of its own, and a certificate by it for these names. */
export function certificates(
  dir: string,
  {
    names = ['DNS:localhost', 'IP:127.0.0.1'],
    days = 30,
    prefix = 'server',
  }: { readonly names?: readonly string[]; readonly days?: number; readonly prefix?: string } = {},
): Certificates {
  const file = (name: string): string => join(dir, `${prefix}-${name}`)
  const [caFile, caKey, certFile, keyFile] = [file('ca.pem'), file('ca.key'), file('cert.pem'), file('key.pem')]
  const [request, extensions] = [file('request.pem'), file('extensions')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl(['req', '-x509', ...curve, '-keyout', caKey, '-out', caFile, '-days', '30', '-subj', '/CN=Corp Root'])
  openssl(['req', ...curve, '-keyout', keyFile, '-out', request, '-subj', '/O=Corp/CN=meshery'])
  writeFileSync(extensions, `subjectAltName=${names.join(',')}\n`)
  const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-extfile', extensions]
  // A negative number of days makes one that has expired.
  openssl(['x509', '-req', '-in', request, ...signing, '-out', certFile, '-days', `${days}`])
  return { ca: execFileSync('cat', [caFile], { encoding: 'utf8' }), caFile, certFile, keyFile }
}

/** The proxy settings of nginx that pass everything, as Meshery needs it. */
export const passesAll = `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
  proxy_set_header Host $http_host; proxy_buffering off; proxy_read_timeout 300s;`
export const upgradeMap = "map $http_upgrade $connection_upgrade { default upgrade; '' close; }"

import { spawn } from 'node:child_process'

interface Opener {
  readonly command: string
  readonly arguments: readonly string[]
}

/** What opens an address on this system; undefined where there is no screen. */
export const openerOf = (
  url: string,
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): Opener | undefined => {
  if (platform === 'darwin') return { command: 'open', arguments: [url] }
  // Not `start`, which is a command of a shell: that would read the address.
  if (platform === 'win32') return { command: 'rundll32', arguments: ['url.dll,FileProtocolHandler', url] }
  const hasScreen = env['DISPLAY'] || env['WAYLAND_DISPLAY']
  return hasScreen ? { command: 'xdg-open', arguments: [url] } : undefined
}

/** Opens an address in the user's browser. Rejects when there is none, or it cannot be started. */
export function openInBrowser(url: string): Promise<void> {
  const opener = openerOf(url, process.platform, process.env)
  return new Promise((resolve, reject) => {
    if (!opener) {
      reject(new Error('there is no screen'))
      return
    }
    const child = spawn(opener.command, opener.arguments, { stdio: 'ignore', detached: true })
    child.once('error', reject)
    // The browser outlives the command.
    child.once('spawn', () => {
      child.unref()
      resolve()
    })
  })
}

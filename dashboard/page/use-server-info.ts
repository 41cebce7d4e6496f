import { useEffect, useState } from 'react'
import { type ServerInfo, serverInfoOf } from './server-info.ts'

interface Answer {
  readonly status: number
  readonly body: unknown
}

async function read(path: string, signal: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(path, { signal, headers: { accept: 'application/json' } })
    return { status: response.status, body: response.ok ? await response.json() : undefined }
  } catch {
    // The server is away, or answers with something else. The connection shows it, and this is read again when it is back.
    return { status: 0, body: undefined }
  }
}

/** What is known of the server: read at first, and each time that the connection is back, since it may be another release then. */
export function useServerInfo(isConnected: boolean): ServerInfo {
  const [info, setInfo] = useState<ServerInfo>(() => ({
    ...serverInfoOf(undefined, undefined, location.origin),
    isRefused: false,
  }))
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is read again for each change of the connection.
  useEffect(() => {
    const ending = new AbortController()
    const readBoth = async (): Promise<void> => {
      const [dashboard, user] = await Promise.all([
        read('dashboard.json', ending.signal),
        read('api/user', ending.signal),
      ])
      if (ending.signal.aborted || dashboard.status === 0) return
      const known = serverInfoOf(dashboard.body, user.body, location.origin)
      setInfo({ ...known, isRefused: dashboard.status === 403 })
    }
    void readBoth()
    return () => ending.abort()
  }, [isConnected])
  return info
}

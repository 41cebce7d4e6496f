import { useConnectionStatus, useControllers } from 'meshery-live/react'

/** The connection, and how many controllers there are. */
export const Connection = () => {
  const { state, transport, reason } = useConnectionStatus()
  const { data: controllers } = useControllers()
  return (
    <p role="status">
      {`${state}${transport ? ` by ${transport}` : ''}; ${controllers?.length ?? 0} controllers`}
      {reason && ` (${reason.message})`}
    </p>
  )
}

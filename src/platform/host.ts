/** The host of an address in lower case, without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '').toLowerCase()

/** The port of an address; without one that of its scheme. */
export const portOf = ({ port, protocol }: URL): number => Number(port || (/^(https|wss):$/.test(protocol) ? 443 : 80))

/** Whether the host is this machine. */
export const isLoopback = (url: URL): boolean => /^(localhost|.*\.localhost|127(\.\d+){3}|::1)$/.test(hostOf(url))

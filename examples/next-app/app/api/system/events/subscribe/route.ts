export { passOnStream as GET } from '../../../../pass-on-stream'

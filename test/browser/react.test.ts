import { describeReact } from './react-claims.ts'

describeReact('React 19', () => ({}))

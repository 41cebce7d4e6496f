export { fileCursor } from '../platform/file-cursor.ts'
export * from './surface.ts'

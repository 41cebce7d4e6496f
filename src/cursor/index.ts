export { fileCursor } from './file-cursor.ts'
export * from './surface.ts'

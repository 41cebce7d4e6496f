// For workers as well: neither has files.
export * from './surface.ts'

// VitePress' own theme without its web fonts: the system's fonts are there at once.
import theme from 'vitepress/theme-without-fonts'
import './style.css'

export default theme

/** What a cookie's value may hold so that Go's net/http hands it on: it drops a cookie with any other character. */
export const isCookieValue = (value: string): boolean => /^[\x20-\x7e]*$/.test(value) && !/[";\\]/.test(value)

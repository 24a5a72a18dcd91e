package app

import (
	"bytes"
	"context"
	"image"
	_ "image/gif" // decoded only
	"image/jpeg"
	_ "image/png" // decoded only

	"zhixing/domain"
)

// Bounds of a cover picture. It is always made anew: what reaches a browser is
// our JPEG, never the bytes that came in.
const (
	maxCoverBytes  = 4 << 20
	maxCoverPixels = 40_000_000
	coverWidth     = 1280
)

// coverSlots bounds how many pictures are in memory at once.
var coverSlots = make(chan struct{}, 2)

// coverJPEG checks a picture and makes it a JPEG of at most coverWidth pixels'
// width. Errors: media.bad_image, media.image_too_large.
func coverJPEG(ctx context.Context, raw []byte) ([]byte, error) {
	return pictureJPEG(ctx, raw, coverWidth)
}

// pictureJPEG is coverJPEG of another width.
func pictureJPEG(ctx context.Context, raw []byte, width int) ([]byte, error) {
	tooLarge := domain.E(domain.TooLarge, "media.image_too_large", "limit_mb", maxCoverBytes>>20, "limit_mp", maxCoverPixels/1_000_000)
	if len(raw) > maxCoverBytes {
		return nil, tooLarge
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || cfg.Width < 1 || cfg.Height < 1 {
		return nil, domain.E(domain.Invalid, "media.bad_image")
	}
	if int64(cfg.Width)*int64(cfg.Height) > maxCoverPixels {
		return nil, tooLarge
	}
	select {
	case coverSlots <- struct{}{}:
		defer func() { <-coverSlots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, domain.E(domain.Invalid, "media.bad_image")
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, shrink(img, width), &jpeg.Options{Quality: 85}); err != nil {
		return nil, domain.E(domain.Invalid, "media.bad_image")
	}
	return out.Bytes(), nil
}

// shrink averages a picture down to at most width pixels' width, on white.
func shrink(src image.Image, width int) *image.RGBA {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	if w > width {
		w, h = width, max(1, b.Dy()*width/b.Dx())
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		y0, y1 := span(y, h, b.Dy())
		for x := range w {
			x0, x1 := span(x, w, b.Dx())
			var r, g, bl, n uint64
			for sy := y0; sy < y1; sy++ {
				for sx := x0; sx < x1; sx++ {
					cr, cg, cb, ca := src.At(b.Min.X+sx, b.Min.Y+sy).RGBA()
					white := uint64(0xffff - ca)
					r, g, bl, n = r+uint64(cr)+white, g+uint64(cg)+white, bl+uint64(cb)+white, n+1
				}
			}
			i := dst.PixOffset(x, y)
			dst.Pix[i], dst.Pix[i+1], dst.Pix[i+2], dst.Pix[i+3] = byte(r/n>>8), byte(g/n>>8), byte(bl/n>>8), 0xff //nolint:gosec // averages of 16 bits
		}
	}
	return dst
}

// span gives the source pixels that destination pixel i of n stands for.
func span(i, n, of int) (from, to int) {
	from = i * of / n
	return from, max(from+1, (i+1)*of/n)
}

# What matrices become when they are rounded to few bits in blocks along their rows: the class RoundToNearest, to the bit.
class FakeQuantize(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool

  # The nearest code of x, halves up, limited to 0 ... largest; 0 for what is no number. x - floor(x) is exact where it
  # counts, which x + 0.5 is not: the largest fp32 number below 0.5 would go up. Negative numbers become 0 either way.
  def code(self: __torch__.FakeQuantize, x: Tensor, largest: float) -> Tensor:
    down = torch.floor(x)
    c = torch.add_(torch.clone(down), torch.ge(torch.sub(x, down), 0.5))
    return torch.clamp_(torch.nan_to_num_(c, 0.), 0., largest)

  # blocks [R, B, n] -> scale (code - zero), with a scale and a zero for each block; a block that is not finite becomes
  # NaN as a whole or in part. largest: the largest code.
  def rounded(self: __torch__.FakeQuantize, blocks: Tensor, largest: float, symmetric: bool) -> Tensor:
    low = torch.amin(blocks, [2], True)
    high = torch.amax(blocks, [2], True)
    if symmetric:
      middle = 0.5 * (largest + 1.)
      extreme = torch.where(torch.ge(torch.abs(low), torch.abs(high)), low, high)
      scale = torch.div(extreme, 0. - middle)
      zero = torch.full_like(scale, middle)
    else:
      low0 = torch.clamp_max(low, 0.)
      scale = torch.div(torch.sub(torch.clamp_min(high, 0.), low0), largest)
      zero = self.code(torch.div(torch.neg(low0), scale), largest)
    reciprocal = torch.masked_fill(torch.reciprocal(scale), torch.eq(scale, 0.), 0.)
    codes = self.code(torch.add_(torch.mul(blocks, reciprocal), zero), largest)
    return torch.mul_(torch.sub_(codes, zero), scale)

  # w [R, C] rounded in blocks of n along its rows, the last of which is filled up with zeros; they change no scale. Where
  # wide is not 0, columns are halves of heads of so many elements, each followed by zeros until it has wide elements.
  def matrix(self: __torch__.FakeQuantize, w: Tensor, n: int, largest: float, symmetric: bool, half: int, wide: int) -> Tensor:
    R = torch.size(w, 0)
    C = torch.size(w, 1)
    if wide > 0:
      halves = torch.constant_pad_nd(torch.reshape(w, [R, C // half, half]), [0, wide - half])
      columns = torch.reshape(halves, [R, C // half * wide])
    else:
      columns = w
    K = torch.size(columns, 1)
    B = (K + n - 1) // n
    if B * n > K:
      full = torch.constant_pad_nd(columns, [0, B * n - K])
    else:
      full = columns
    result = torch.reshape(self.rounded(torch.reshape(full, [R, B, n]), largest, symmetric), [R, B * n])
    kept = torch.slice(result, 1, 0, K)
    if wide > 0:
      narrow = torch.slice(torch.reshape(kept, [R, C // half, wide]), 2, 0, half)
      out = torch.reshape(narrow, [R, C])
    else:
      out = kept
    return out

  # Fills the parameters with their masters rounded. settings (int64 [5]): n, largest code, 1 for symmetric, half, wide
  def project(self: __torch__.FakeQuantize, parameters: List[Tensor], masters: List[Tensor], settings: Tensor) -> Tensor:
    n = int(settings[0])
    largest = float(settings[1])
    symmetric = torch.gt(int(settings[2]), 0)
    half = int(settings[3])
    wide = int(settings[4])
    for i in range(torch.len(parameters)):
      _0 = torch.copy_(parameters[i], self.matrix(masters[i], n, largest, symmetric, half, wide))
    return torch.zeros([])

  # Fills the parameters with their masters.
  def reveal(self: __torch__.FakeQuantize, parameters: List[Tensor], masters: List[Tensor]) -> Tensor:
    for i in range(torch.len(parameters)):
      _0 = torch.copy_(parameters[i], masters[i])
    return torch.zeros([])

  # 1 if all elements are finite, else 0
  def finite(self: __torch__.FakeQuantize, w: Tensor) -> Tensor:
    return torch.to(torch.all(torch.isfinite(w)), 6)
